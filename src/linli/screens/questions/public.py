"""The door of questions: ask, keep and forget them."""

from linli.screens.questions.policy import by_code
from linli.screens.questions.service import allowed, answer, forget, save, saved

__all__ = ["allowed", "answer", "by_code", "forget", "save", "saved"]
