"""Questions: people, warnings and infrastructure asked for together, kept for the next time.

A question is a list of conditions that contexts contribute; nobody writes SQL.
"""
