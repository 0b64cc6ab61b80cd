"""The door of the audit: `record` an act, in the transaction of the act."""

from linli.support.audit.service import record

__all__ = ["record"]
