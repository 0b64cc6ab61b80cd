"""The cockpit: the same figures of every level, from the county down to one home.

Nothing is typed in here and nothing is estimated: each number counts records that somebody can
open, the parts add up to the whole, and every number says how old it is.
"""
