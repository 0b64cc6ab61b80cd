"""Screens: read-only pictures put together from the rooms below."""
