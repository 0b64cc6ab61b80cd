"""A rule is data: a condition over readings, events or silence. What it finds explains itself."""
