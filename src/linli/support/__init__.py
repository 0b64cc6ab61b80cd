"""Support: messaging, files, audit, signing. Knows addresses, bytes and keys, not people."""
