"""Home safety: smoke, and water where it should not be or flows as it should not."""
