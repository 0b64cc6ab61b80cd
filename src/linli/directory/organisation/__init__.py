"""Organisation: county, street and community in one tree, firms beside it, and the dated contracts by which a firm serves an estate."""
