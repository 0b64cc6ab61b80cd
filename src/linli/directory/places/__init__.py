"""Places: estates and all that lies in them, down to a home.

A place belongs to exactly one estate, and so does its code.
"""
