"""Two pairs of eyes: what one alone may not do is asked for, decided by another, done once."""
