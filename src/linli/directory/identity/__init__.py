"""Identity: accounts, sessions and grants.

What a session reaches is resolved from the grants in force, never from a role on the account.
"""
