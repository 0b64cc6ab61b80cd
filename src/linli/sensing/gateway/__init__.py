"""The doors devices knock on; what a device was told is kept is kept, whatever dies next."""
