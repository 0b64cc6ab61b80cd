"""Audit: who did and who looked at what, why and from where.

An entry is written with the act and never changed.
"""
