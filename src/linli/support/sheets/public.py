"""The door of sheets: what contexts need to declare one, and what does the work."""

from linli.support.sheets.answering import file_answer
from linli.support.sheets.listed import Agreed, Column, Filter, as_file
from linli.support.sheets.policy import day_of, folded, neutral
from linli.support.sheets.running import Imports, enter_what_holds
from linli.support.sheets.store import former_of
from linli.support.sheets.writing import MEDIA, Format, template, written

__all__ = [
    "MEDIA",
    "Agreed",
    "Column",
    "Filter",
    "Format",
    "Imports",
    "as_file",
    "day_of",
    "enter_what_holds",
    "file_answer",
    "folded",
    "former_of",
    "neutral",
    "template",
    "written",
]
