"""The work-place: what waits for whoever is signed in, the figures of their ground, place by place.

Every level counts the same rows, so the figures of the parts add up to those of the whole.
"""
