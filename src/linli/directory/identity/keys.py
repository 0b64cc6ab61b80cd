"""Keys with which programs ask: each acts as an account, and with no more than it was given.

A key is shown once and stored as a hash. It ends by its date, by being taken back, and with its
account.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from uuid import UUID

from linli.directory.identity import policy, service, store
from linli.directory.identity.contracts import AccountState, ApiKey, ApiKeyDraft, Permission
from linli.kernel.errors import BadInput, IllegalMove, NotFound
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record

PREFIX = "lk_"
SHOWN = 8
"""So many characters of a key stay known, to tell it from others."""
TOKEN_BYTES = 32
MOST_KEYS = 20


class WrongKeyRights(BadInput):
    code = "wrong_key_rights"
    text = "接口密钥至少要有一项权限，而且只能是这个账号已有、允许程序使用的权限"


def hash_of(key: str) -> bytes:
    """Under what a key is stored: 256 random bits need no salt."""
    return hashlib.sha256(key.encode()).digest()


async def make_key(
    work: Work,
    account_id: UUID,
    draft: ApiKeyDraft,
    *,
    new_token: Callable[[int], str] = secrets.token_urlsafe,
) -> tuple[ApiKey, str]:
    """Make a key for an account one manages; answers it with its secret, shown this once.

    Raises:
        NotFound, NotYourself, BeyondYourScope: as for closing the account.
        IllegalMove: the account is closed, or has very many keys.
        WrongKeyRights, WrongPeriod: what is wrong with the draft.
    """
    account = await service.controlled(work, account_id)
    if account.state is not AccountState.ACTIVE:
        raise IllegalMove("账号已停用或离职，不能新建接口密钥")
    if not draft.title.strip():
        raise BadInput("请写明用途", field="title")
    scope = (await service.standing_of(work, account_id)).scope
    held = {Permission(code) for code in scope.permissions()}
    if not draft.permissions or draft.permissions - policy.for_programs(held):
        raise WrongKeyRights(field="permissions")
    if not work.now < draft.expires_at <= work.now + policy.LONGEST_KEY:
        raise policy.WrongPeriod("有效期最长两年，并且要晚于现在", field="expires_at")
    if len(await store.keys_in_force(work.connection, account_id, work.now)) >= MOST_KEYS:
        raise IllegalMove("这个账号的接口密钥太多，请先收回不用的")
    secret = PREFIX + new_token(TOKEN_BYTES)
    key = ApiKey(
        id=work.new_id(),
        account_id=account_id,
        account_name=account.display_name,
        title=draft.title.strip(),
        head=secret[: len(PREFIX) + SHOWN],
        permissions=draft.permissions,
        per_minute=draft.per_minute,
        made_by=work.actor.name,
        made_at=work.now,
        expires_at=draft.expires_at,
        revoked_at=None,
        last_used_at=None,
        last_address=None,
    )
    await store.add_key(work.connection, key, hash_of(secret))
    await _record(work, Action.KEY_MADE, key)
    return key, secret


async def revoke_key(work: Work, key_id: UUID) -> ApiKey:
    """Take a key back; the next request with it is refused.

    Raises:
        NotFound: absent, out of sight, or taken back already.
        BeyondYourScope, NotYourself: as for closing the account.
    """
    key = await store.key(work.connection, key_id)
    if key is None or key.revoked_at is not None:
        raise NotFound
    await service.controlled(work, key.account_id)
    await store.revoke_key(work.connection, key_id, work.now)
    await _record(work, Action.KEY_REVOKED, key)
    found = await store.key(work.connection, key_id)
    if found is None:
        raise NotFound
    return found


async def list_keys(work: Work) -> Sequence[ApiKey]:
    """Every key this session sees, the newest first."""
    return await store.keys(work.connection)


async def rights_of_programs(work: Work, account_id: UUID) -> tuple[Permission, ...]:
    """What a key of this account could be given.

    Raises:
        NotFound: the account is absent or out of sight.
    """
    await service.account_of(work, account_id)
    scope = (await service.standing_of(work, account_id)).scope
    may = policy.for_programs({Permission(code) for code in scope.permissions()})
    return tuple(one for one in Permission if one in may)


class Pace:
    """How often each key asked lately, in this process: so many a minute, and not all at once."""

    def __init__(self, seconds: Callable[[], float], most: int = 5_000) -> None:
        self._seconds = seconds
        self._most = most
        self._left: dict[UUID, tuple[float, float]] = {}

    def wait(self, key_id: UUID, per_minute: int) -> float:
        """Seconds until this key may ask; 0 counts the request."""
        now = self._seconds()
        left, since = self._left.pop(key_id, (float(per_minute), now))
        left = min(float(per_minute), left + (now - since) * per_minute / 60)
        if len(self._left) >= self._most:
            self._left.pop(next(iter(self._left)))
        if left < 1:
            self._left[key_id] = (left, now)
            return (1 - left) * 60 / per_minute
        self._left[key_id] = (left - 1, now)
        return 0.0


async def _record(work: Work, action: Action, key: ApiKey) -> None:
    rights = "、".join(sorted(key.permissions))
    await record(
        work,
        action=action,
        subject_kind="account",
        subject_id=key.account_id,
        subject_title=f"{key.account_name}：{key.title}（{key.head}…）",
        reason=rights,
    )
