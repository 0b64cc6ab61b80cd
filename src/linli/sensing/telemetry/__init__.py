"""What devices reported: readings as narrow rows, the last value of each series, events.

A reading is known by device, property and the device's own time, and is kept once however often
it arrives. The last value of a series is always its newest reading.
"""
