"""Organisation: county, street and community in one tree, and firms that serve estates.

A firm reaches an estate only while a dated service contract is in force.
"""
