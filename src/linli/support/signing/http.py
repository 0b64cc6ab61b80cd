"""The installation's public keys, for whoever checks what it signed."""

import base64
from typing import cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from linli.kernel.errors import NotFound
from linli.support.signing.ports import Signer

# Open to all: who received a pack has no account here.
api = APIRouter(prefix="/api/signing-keys", tags=["signing"])


class KeyShape(BaseModel):
    """A public key; `raw` is base64 of its 32 bytes."""

    model_config = ConfigDict(frozen=True)

    id: str
    algorithm: str
    raw: str
    current: bool


@api.get("")
async def list_keys(request: Request) -> list[KeyShape]:
    """Every key that signs or signed here, the current one first."""
    found: object = getattr(request.app.state, "signer", None)
    if found is None:
        raise NotFound
    return [
        KeyShape(
            id=key.id,
            algorithm=key.algorithm,
            raw=base64.b64encode(key.raw).decode(),
            current=key.current,
        )
        for key in cast("Signer", found).public_keys
    ]
