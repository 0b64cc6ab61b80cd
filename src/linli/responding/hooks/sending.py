"""One signed request to a receiver, to the very address that was looked at before."""

import asyncio
import ipaddress
import json
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from linli.responding.hooks import policy, service
from linli.responding.hooks.contracts import Claimed
from linli.support.messaging.public import signature
from linli.support.sealing.ports import Cipher

TIMEOUT_S = 10.0


class Unreachable(Exception):
    """No answer, or an address that linli does not connect to."""


async def address_of(url: str, allowed: Sequence[policy.Network]) -> policy.Address:
    """The one address to connect to.

    Raises:
        Unreachable: the name is unknown, or any of its addresses lies where hooks must not go.
    """
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("找不到这个主机名") from error
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not addresses or not all(policy.reachable(a, parts.scheme, allowed) for a in addresses):
        raise Unreachable("不允许连接内网地址；公网地址必须用 https")
    return addresses[0]


async def send(
    claimed: Claimed,
    cipher: Cipher,
    now: datetime,
    allowed: Sequence[policy.Network],
    trust: ssl.SSLContext,
) -> int:
    """Post it, answer the HTTP status; redirects are not followed, the answer is not read.

    The certificate has to be one that `trust` accepts for the name in the subscription, though
    the connection goes to the address that was looked at.

    Raises:
        Unreachable: see there.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            address = await address_of(claimed.url, allowed)
            url = httpx.URL(claimed.url)
            body = claimed.body.encode()
            timestamp = str(int(now.timestamp()))
            signatures = (
                signature(cipher.open(sealed, binding=service.BINDING), timestamp, body)
                for sealed in claimed.secrets_sealed
            )
            headers = {
                "Host": url.netloc.decode(),
                "Content-Type": "application/json",
                "User-Agent": "linli",
                "X-Linli-Id": str(claimed.id),
                "X-Linli-Event": str(json.loads(claimed.body)["event"]),
                "X-Linli-Timestamp": timestamp,
                "X-Linli-Signature": ",".join(signatures),
            }
            async with (
                httpx.AsyncClient(
                    timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=trust
                ) as client,
                client.stream(
                    "POST",
                    url.copy_with(host=str(address)),
                    content=body,
                    headers=headers,
                    extensions={"sni_hostname": url.host},
                ) as answer,
            ):
                return answer.status_code
    except (httpx.HTTPError, OSError) as error:
        raise Unreachable(type(error).__name__) from error
