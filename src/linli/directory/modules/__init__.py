"""Modules of linli, switched for each estate: what is off there neither rings nor opens."""
