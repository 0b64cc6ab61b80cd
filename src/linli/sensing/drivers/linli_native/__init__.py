"""The platform's own device protocol, written down in `protocols/native.md`."""
