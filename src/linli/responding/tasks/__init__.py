"""Tasks: somebody gives a colleague something to do by a time; it is done with words and a photo.

A task is nobody's alarm: what is urgent is an incident and goes out as an order.
"""
