"""The door of incidents."""

from linli.responding.incidents.service import note, offer_order, report, respond
from linli.responding.incidents.store import open_by_estate

__all__ = ["note", "offer_order", "open_by_estate", "report", "respond"]
