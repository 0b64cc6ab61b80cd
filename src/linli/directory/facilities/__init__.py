"""Facilities: what an estate is equipped with, from lifts to covers, and when each is checked.

A facility in use has a day of its next check, unless its kind needs none.
"""
