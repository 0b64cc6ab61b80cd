"""A vision node: runs cameras in processes of their own and is a device towards the platform.

It has no database. What it could not tell yet lies in its folder until the platform has taken it,
so neither a crash nor a platform that is away loses an alarm or counts it twice.
"""
