"""Completeness: how much of what should be known is known, estate by estate, level by level.

Figures are counted now and then and kept with the moment; each opens the records that lack it.
"""
