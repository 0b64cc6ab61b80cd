"""The door of completeness: count it, and see how it stands."""

from linli.screens.completeness.service import count, gaps, standings

__all__ = ["count", "gaps", "standings"]
