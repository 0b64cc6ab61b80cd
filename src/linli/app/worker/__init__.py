"""The worker process: offsets for events, reactions to them, deadlines, deliveries and chores.

Any number of workers may run at once: each piece of work is one transaction under a row lock.
"""
