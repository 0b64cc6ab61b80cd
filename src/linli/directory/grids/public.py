"""The door of grids: whose grid a place lies in, and how grids are drawn."""

from linli.directory.grids.service import add_grid, buildings_of, crew, grid_at, grids_of

__all__ = ["add_grid", "buildings_of", "crew", "grid_at", "grids_of"]
