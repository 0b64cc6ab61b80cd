"""Who looked: every reading of what is kept about a person, by whom and why.

A look is written with the reading, in the same transaction, and never changed.
"""
