"""Grids as others may see them."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who looks after a grid."""

    account_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A part of a community: `buildings` are places of its estates."""

    id: UUID
    community_id: UUID
    title: str
    workers: tuple[Worker, ...]
    buildings: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class GridDraft:
    """How a grid is to be."""

    title: str
    workers: tuple[UUID, ...]
    buildings: tuple[UUID, ...]
