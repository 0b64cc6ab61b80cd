"""Verbs of second factors. They run in the scope of the account's own session, or its manager's.

`at` is the machine's time and not the estate's: an app's codes follow the clock of its phone.
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import structlog

from linli.directory.second_factor import policy, store
from linli.directory.second_factor.contracts import Enrolment, FactorState, Proof
from linli.kernel.errors import BadInput, IllegalMove
from linli.kernel.work import Work
from linli.support.sealing.contracts import BrokenSeal
from linli.support.sealing.ports import Cipher

SECRET = "directory_second_factor.secret"  # noqa: S105 - the name of a column
CODE = "directory_recovery_code.code"

log = structlog.get_logger()

Below = Callable[[int], int]


class EnrolledAlready(IllegalMove):
    code = "enrolled_already"
    text = "这个账号已经启用了动态验证码"


class NotEnrolled(IllegalMove):
    code = "not_enrolled"
    text = "这个账号没有启用动态验证码"


class WrongAppCode(BadInput):
    code = "wrong_app_code"
    text = "验证码不对：请看手机上当前显示的 6 位数字，并检查手机时间是否准确"


async def state_of(work: Work, account_id: UUID) -> FactorState:
    """Whether the account asks for a second factor, and how many recovery codes are left."""
    if not await store.is_confirmed(work.connection, account_id):
        return FactorState(enrolled=False, codes_left=0)
    return FactorState(
        enrolled=True, codes_left=await store.count_unused(work.connection, account_id)
    )


async def enrolled_among(work: Work, account_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of these accounts that ask for a second factor."""
    return await store.confirmed(work.connection, account_ids)


async def begin_enrolment(
    work: Work,
    cipher: Cipher,
    account_id: UUID,
    *,
    issuer: str,
    login: str,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> Enrolment:
    """Make a new secret; it asks for nothing until `confirm_enrolment`.

    Raises:
        EnrolledAlready: a factor is in force; it has to be removed first.
    """
    if await store.is_confirmed(work.connection, account_id):
        raise EnrolledAlready
    secret = policy.as_base32(random_bytes(policy.SECRET_BYTES))
    await store.begin(work.connection, account_id, cipher.seal(secret, binding=SECRET), work.now)
    return Enrolment(secret=secret, uri=policy.uri_of(secret, issuer=issuer, login=login))


async def confirm_enrolment(
    work: Work,
    cipher: Cipher,
    account_id: UUID,
    code: str,
    *,
    at: datetime,
    below: Below = secrets.randbelow,
) -> tuple[str, ...]:
    """Put the factor into force once the app shows a right code; answers the recovery codes.

    Raises:
        NotEnrolled: nothing was begun. EnrolledAlready: it is in force.
        WrongAppCode: the code is not that of the secret at this time.
    """
    factor = await store.factor(work.connection, account_id)
    if factor is None:
        raise NotEnrolled
    if factor.confirmed:
        raise EnrolledAlready
    if not await _takes_app_code(work, cipher, account_id, factor, policy.plain_answer(code), at):
        raise WrongAppCode(field="code")
    await store.confirm(work.connection, account_id, work.now)
    return await _new_codes(work, cipher, account_id, below)


async def prove(
    work: Work, cipher: Cipher, account_id: UUID, answer: str, *, at: datetime
) -> Proof | None:
    """By what the answer proves who somebody is; None when it does not. It is good this once."""
    factor = await store.factor(work.connection, account_id)
    if factor is None or not factor.confirmed:
        return None
    plain = policy.plain_answer(answer)
    if policy.is_app_code(plain):
        right = await _takes_app_code(work, cipher, account_id, factor, plain, at)
        return Proof.APP if right else None
    code_hash = cipher.keyed_hash(plain, binding=CODE)
    used = await store.use_code(work.connection, account_id, code_hash, work.now)
    return Proof.RECOVERY_CODE if used else None


async def renew_codes(
    work: Work, cipher: Cipher, account_id: UUID, *, below: Below = secrets.randbelow
) -> tuple[str, ...]:
    """Recovery codes anew; the old ones are worth nothing.

    Raises:
        NotEnrolled: there is no factor that they could stand in for.
    """
    if not await store.is_confirmed(work.connection, account_id):
        raise NotEnrolled
    return await _new_codes(work, cipher, account_id, below)


async def remove_factor(work: Work, account_id: UUID) -> bool:
    """Ask for no second factor any more; answers whether one was there, begun or in force."""
    return await store.remove(work.connection, account_id)


async def _takes_app_code(
    work: Work,
    cipher: Cipher,
    account_id: UUID,
    factor: store.Factor,
    code: str,
    at: datetime,
) -> bool:
    try:
        secret = policy.from_base32(cipher.open(factor.secret_sealed, binding=SECRET))
    except BrokenSeal:
        # The installation's keys are others: no code of the app is right; a reset helps.
        log.exception("second_factor_unreadable", account_id=str(account_id))
        return False
    step = policy.step_matched(secret, code, at, after=factor.last_step)
    if step is None:
        return False
    await store.take_step(work.connection, account_id, step)
    return True


async def _new_codes(work: Work, cipher: Cipher, account_id: UUID, below: Below) -> tuple[str, ...]:
    codes: set[str] = set()
    while len(codes) < policy.RECOVERY_CODES:
        codes.add(policy.recovery_code(below))
    hashes = [cipher.keyed_hash(code, binding=CODE) for code in codes]
    await store.replace_codes(work.connection, account_id, hashes)
    return tuple(policy.readable(code) for code in codes)
