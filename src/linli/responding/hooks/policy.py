"""When it is tried again, when a hook suspends itself, and where it may connect. Pure."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from linli.kernel.errors import BadInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=4)
MOST_TRIES = 24
SUSPENDS_AFTER = timedelta(days=3)
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)
# RFC 6052: an IPv4 address inside an IPv6 one.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class WrongAddress(BadInput):
    code = "wrong_hook_address"
    text = "网址要以 https:// 开头（内网地址可以 http://），不能带用户名密码"


def wait_after(tries: int) -> timedelta:
    """10 s, 30 s, 90 s … at most four hours."""
    return min(FIRST_WAIT * 3 ** min(max(tries - 1, 0), 12), LONGEST_WAIT)


def suspends(failing_since: datetime, now: datetime) -> bool:
    """A hook that failed for three days without a success is no longer tried."""
    return now - failing_since >= SUSPENDS_AFTER


def checked_url(url: str) -> str:
    """The address of a receiver. Raises WrongAddress."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise WrongAddress(field="url") from error
    fine = parts.scheme in {"https", "http"} and parts.hostname and port != 0
    if not fine or parts.username is not None or parts.password is not None or parts.fragment:
        raise WrongAddress(field="url")
    return url.strip()


def is_public(address: Address) -> bool:
    """Whether it lies in the open internet, also when it wraps an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None:
            return is_public(address.sixtofour)
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_unspecified


def reachable(address: Address, scheme: str, allowed: Sequence[Network]) -> bool:
    """Networks of the installation's setting may be reached; else only the internet, by HTTPS."""
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return scheme == "https" and is_public(address)
