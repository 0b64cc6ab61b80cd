"""Sealing: what must not be read from a stolen disk is encrypted before it is stored, and found again by keyed hash."""
