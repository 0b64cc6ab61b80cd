"""The door of looks: `looked` writes one down, with what is read; others ask who looked."""

from linli.support.looks.service import looked, looks_at, persons_seen

__all__ = ["looked", "looks_at", "persons_seen"]
