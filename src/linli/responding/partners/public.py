"""The door of partners."""

from linli.responding.partners.service import ask_in, end_help, partners_of

__all__ = ["ask_in", "end_help", "partners_of"]
