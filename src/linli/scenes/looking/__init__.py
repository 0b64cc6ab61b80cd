"""Unusual looking: somebody reads about more people than their work explains.

linli tells the data officer and opens one incident for each account, kind and day; a person judges.
"""
