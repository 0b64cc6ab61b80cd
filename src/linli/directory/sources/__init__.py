"""Sources: where each fact of the base came from, and every version it had.

A changed row leaves its former version behind; the database sees to that, whoever changes it.
"""
