"""Live pages: what happens reaches the browsers of those who may know, as ids only, in order.

Each web process listens for stamped events, reads them by offset and hands each one to the
sessions whose topics it names. A session that was cut off catches up from the table.
"""
