"""Messaging: telling somebody something, by the channel that reaches him.

Each message is said once per subject and version, and its delivery is on record: queued, sent,
delivered, read or failed.
"""
