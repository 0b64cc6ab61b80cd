"""Retention: what is kept about people goes when its purpose is over, and a report says so."""
