"""Key people: who needs somebody to look after them, on what lawful basis, and whether it happened.

A person is in the register once, under one or more categories; each category states its basis and
ends by itself. Medical notes and door codes are sealed and seen under rights of their own.
"""
