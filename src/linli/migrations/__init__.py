"""The history of the database schema, forward only."""
