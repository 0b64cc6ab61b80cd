"""Whether a camera can be trusted: pure judgement of its pictures and its stream.

Cheap features about once a second, hysteresis on every verdict, and never a guess: what cannot be
judged in the dark or while offline is left as it was.
"""
