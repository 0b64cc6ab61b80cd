"""The directory: who, where and who may. Accounts and grants, organisations, places, people."""
