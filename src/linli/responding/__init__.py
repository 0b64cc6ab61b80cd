"""Responding: rules find, alerts ring, incidents are owned, orders send people."""
