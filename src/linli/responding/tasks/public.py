"""The door of tasks."""

from linli.responding.tasks.service import candidates, give, move

__all__ = ["candidates", "give", "move"]
