"""The door of the audit: `record` an act, in the transaction of the act."""

from linli.support.audit.lately import Lately
from linli.support.audit.service import record

__all__ = ["Lately", "record"]
