"""How well falling objects are found, on synthetic scenes; run it as a module."""
