"""Shared terminals: one computer several people take turns at, and the short codes they switch with."""
