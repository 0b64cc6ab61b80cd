"""The door of helpers."""

from linli.responding.helpers.service import ask_in, end_help, helpers_of

__all__ = ["ask_in", "end_help", "helpers_of"]
