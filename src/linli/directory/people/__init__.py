"""People: the least a county must know of who lives where.

Phones and identity numbers lie sealed; each full look is recorded with its reason.
"""
