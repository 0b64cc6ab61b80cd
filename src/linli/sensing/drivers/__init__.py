"""How devices of different makers speak, each maker a folder.

A driver turns one message (topic and payload) into reports about devices of known kinds, and a
command into a message. It keeps no state, asks nobody and says plainly why it cannot read
something. No maker is named outside this context.
"""
