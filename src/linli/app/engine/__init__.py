"""The embedded PostgreSQL: where its programs are, whom it runs as, how it starts and stops."""
