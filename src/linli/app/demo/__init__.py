"""The demo estate 阳光花园: its people, places, devices and accounts, for trying linli out."""
