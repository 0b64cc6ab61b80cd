"""What `linli up` starts: one module a process, run with `python -m`."""
