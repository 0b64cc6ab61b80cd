"""Grids: each building of a community belongs to one grid, and each grid has its workers.

Whoever asks about a place learns whose grid it lies in.
"""
