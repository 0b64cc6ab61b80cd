"""Falling objects: a pure engine from luma pictures to graded falls with their origin.

Time comes in with each picture; nothing here opens a file, a stream or a clock.
"""
