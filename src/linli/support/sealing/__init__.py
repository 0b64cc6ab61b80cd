"""Sealing: what must not be read from a stolen disk is encrypted before it is stored.

What is sealed is found again by keyed hash.
"""
