"""Made footage of façades on which things fall, with the exact truth beside it.

Everything follows from a seed. The scenes are synthetic: good enough to show that a detector
fails, never enough to show that it works on a real wall.
"""
