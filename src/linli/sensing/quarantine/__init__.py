"""Messages that could not be used, kept with the reason until somebody mends the cause.

Repeats count on one row; a held message can be handed to the intake again, or dropped.
"""
