"""Sheets: tables of a spreadsheet come in as facts of the base, and go back out again.

It knows bytes, columns and rows, never people: contexts declare their sheets. An import is tried
out before it runs, runs whole or not at all, and can be taken back.
"""
