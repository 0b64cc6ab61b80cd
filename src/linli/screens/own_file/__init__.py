"""A person's own file: everything that is kept about one person, for that person to take home."""
