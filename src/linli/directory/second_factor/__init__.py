"""A second factor: codes of an authenticator app, and recovery codes for the day it is lost.

A code of the app is good once, and nobody but the installation's key reads the secret.
"""
