"""The door of the work-place."""

from linli.screens.workplace.service import listed, workplace

__all__ = ["listed", "workplace"]
