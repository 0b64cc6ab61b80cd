"""The rest of the demo's county: streets, communities, estates with all that is in them."""
