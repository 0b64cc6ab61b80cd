"""How well a camera's own faults are found, on made pictures; run it as a module."""
