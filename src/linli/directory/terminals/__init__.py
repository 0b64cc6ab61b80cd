"""Shared terminals: one computer at which several people take turns, each with six digits."""
