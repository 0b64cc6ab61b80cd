"""What homes owed, or had paid ahead, when linli took over from another system.

Plain facts that nobody edits: a wrong one is corrected by another line with its reason, or taken
back with the import that brought it. Bills begin with them.
"""
