"""Homes: how large a home is and what for, who owns it, rents it, lives in it together, and parks.

Shares of a home are exact fractions and never exceed the whole; what ended stays noted.
"""
