"""Access: gates and doors that were forced, or left standing open."""
