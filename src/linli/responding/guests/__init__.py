"""Guest links: somebody from outside does one order on their phone, without an account.

A link reaches exactly one order, for a limited time, until it is revoked; each use is on record.
The guest's id stands in the order as its assignee, so the same row rules that keep people to their
own orders keep a guest to this one.
"""
