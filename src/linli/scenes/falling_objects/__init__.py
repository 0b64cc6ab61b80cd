"""Falling objects: the act seen, and the desk told at once."""
