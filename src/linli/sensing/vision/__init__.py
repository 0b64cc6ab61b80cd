"""Eyes: cameras, the nodes that watch them, what they see and how well they see it.

The one invariant: nothing seen leaves a node without saying how sure it is and why.
"""
