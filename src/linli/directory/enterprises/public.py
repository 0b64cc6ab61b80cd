"""The door of enterprises: enter and find them."""

from linli.directory.enterprises.policy import check_of, credit_code
from linli.directory.enterprises.service import (
    enter_enterprises,
    enterprise_of,
    enterprises_named,
    find_enterprises,
    versions_of_enterprise,
)

__all__ = [
    "check_of",
    "credit_code",
    "enter_enterprises",
    "enterprise_of",
    "enterprises_named",
    "find_enterprises",
    "versions_of_enterprise",
]
