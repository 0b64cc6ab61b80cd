"""Lists whose files are made here, because making a file is itself on their record."""
