"""Chapters: what contexts tell about one person when the person asks what is kept about them."""
