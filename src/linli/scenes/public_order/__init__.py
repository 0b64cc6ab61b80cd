"""Public order: what lies about the estate and must not endanger anybody."""
