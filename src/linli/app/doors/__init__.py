"""What the device doors ask of linli, answered from the database."""
