"""Signing: what leaves an installation says who made it, and that nobody changed it since."""
