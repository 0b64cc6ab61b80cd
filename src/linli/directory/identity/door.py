"""The door of the web: signs people in, and opens each request's work in its session's scope.

Signing in spans two transactions, because a wrong password must stay counted although the request
is refused, and because no connection is held while a password is hashed.
"""

import hashlib
import hmac
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from fastapi import Request

from linli.directory.identity import keys, policy, store
from linli.directory.identity.contracts import AccountState, Role
from linli.directory.identity.events import GrantChanged, SessionEnded
from linli.directory.identity.passwords import Passwords
from linli.directory.identity.service import Standing, account_of, standing_of
from linli.directory.openid import public as openid
from linli.directory.openid.contracts import Identity
from linli.directory.second_factor import public as second_factor
from linli.directory.second_factor.contracts import Enrolment, Proof
from linli.directory.terminals import public as terminals
from linli.directory.terminals.contracts import Colleague, PinState, PinTry, Seat, Terminal
from linli.kernel.errors import (
    BadInput,
    Forbidden,
    NotAtTerminal,
    NotFound,
    NotSignedIn,
    Refusal,
    TooMany,
)
from linli.kernel.scope import NOBODY, Actor, Scope
from linli.kernel.time import Clock, SystemClock
from linli.kernel.web import SAFE_METHODS
from linli.kernel.work import Work, Workshop
from linli.support.audit.contracts import Action, Outcome
from linli.support.audit.public import record
from linli.support.sealing.ports import Cipher

SESSION_COOKIE = "linli_session"
TERMINAL_COOKIE = "linli_terminal"
CSRF_COOKIE = "linli_csrf"
CSRF_HEADER = "X-CSRF-Token"
UNATTENDED_HEADER = "X-Unattended"
LIVE_PATH = "/api/live"
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
# Standing may also change by what others do around it; it is never older than this.
STANDING_KEPT = timedelta(minutes=1)
MOST_STANDINGS = 10_000
TOKEN_BYTES = 32

OPEN_TO_ALL = frozenset(
    {
        ("GET", "/api/health"),
        ("GET", "/api/demo/accounts"),
        ("GET", "/api/installation"),
    }
)


class WrongPassword(Refusal):
    status = 401
    code = "wrong_password"
    text = "登录名或密码不正确"


class LockedOut(TooMany):
    """Too many wrong passwords for this login or from this address."""

    status = 423
    code = "locked_out"
    text = "密码错误次数过多，请稍后再试"


class SecondFactorNeeded(Refusal):
    """The password is right; the same again with a code opens the session."""

    status = 401
    code = "second_factor_needed"
    text = "请输入身份验证器上的 6 位数字"


class WrongCode(Refusal):
    status = 401
    code = "wrong_code"
    text = "验证码不正确，或已经用过"


class WrongOwnCode(BadInput):
    code = "wrong_code"
    text = "验证码不正确，或已经用过"


class RequiredByRole(Forbidden):
    code = "required_by_role"
    text = "您的岗位必须使用动态验证码，不能关闭"


class NoTerminal(Refusal):
    """The browser is no shared terminal, or none any more."""

    status = 401
    code = "no_terminal"
    text = "这台电脑不是公用终端，或已经停用，请用登录名和密码登录"


class WrongPin(Refusal):
    status = 401
    code = "wrong_pin"
    text = "六位口令不正确"


class PinLocked(Refusal):
    status = 423
    code = "pin_locked"
    text = "六位口令已锁住，请点“别的同事”，用登录名和密码登录一次"


class NoPinForYou(Forbidden):
    """The account's rights are too heavy for six digits; the message says which."""

    code = "no_pin_for_you"
    text = "您的账号不能用六位口令，请用密码登录"


class UnknownIdentity(Refusal):
    status = 401
    code = "unknown_identity"
    text = "这个统一身份还没有绑定账号：先用登录名和密码登录，再在“统一身份”里绑定"


class OpenIdLate(Refusal):
    status = 401
    code = "openid_late"
    text = "离开得太久了，请重新从登录页开始"


class AccountClosed(Refusal):
    status = 423
    code = "account_closed"
    text = "这个账号已停用，请联系管理员"


class StalePage(Forbidden):
    """A write without the token that only our own pages know."""

    code = "stale_page"
    text = "页面已过期，请刷新后再操作"


class WrongCurrentPassword(BadInput):
    code = "wrong_current_password"
    text = "当前密码不正确"


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """How an installation opens its door.

    `secure` marks cookies for HTTPS only; `public` are (method, path) pairs open to all.
    Whoever holds one of `second_factor_roles` reaches nothing until they have a second factor.
    """

    secure: bool = False
    demo: bool = False
    installation_title: str = "邻里"
    public: frozenset[tuple[str, str]] = OPEN_TO_ALL
    second_factor_roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as found at the door; `token` is its cookie."""

    id: UUID
    account_id: UUID
    display_name: str
    scope: Scope
    token: str = field(repr=False)
    factor_required: bool = False
    seat: Seat | None = None

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A try to sign in; `old_token` is the session cookie that came with it, if any.

    `code` is the second factor's: an authenticator app's, or a recovery code. `terminal` is the
    token of the shared terminal whose browser asks.
    """

    login: str
    password: str = field(repr=False)
    address: str | None
    old_token: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    terminal: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PinSignIn:
    """A try to switch to an account at a shared terminal with its six digits."""

    account_id: UUID
    pin: str = field(repr=False)
    address: str | None
    terminal: str = field(repr=False)
    old_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tile:
    """Somebody of a shared terminal as its sign-in page shows them."""

    account_id: UUID
    display_name: str
    role_title: str
    has_pin: bool


@dataclass(frozen=True, slots=True)
class KnownSignIn:
    """A sign-in of somebody whom a provider of identities has proven; else as `SignIn`."""

    identity: Identity
    address: str | None
    old_token: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    terminal: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The wish to change one's own password."""

    current: str = field(repr=False)
    new: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    until: datetime
    standing: Standing


def hash_of(token: str) -> bytes:
    """Under what a session's token is stored: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """The CSRF token of a session: whoever lacks the session's token cannot make it."""
    return hmac.new(token.encode(), b"linli csrf", hashlib.sha256).hexdigest()


def random_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class SessionDoor:
    """Fills `linli.kernel.web.Door` with sessions in the database.

    Sessions follow `clock` (the machine's), grants the workshop's: a demo may fast-forward the
    estate without signing everybody out.
    """

    def __init__(
        self,
        workshop: Workshop,
        passwords: Passwords,
        settings: DoorSettings,
        *,
        cipher: Cipher,
        clock: Clock | None = None,
        new_token: Callable[[], str] = random_token,
    ) -> None:
        self.workshop = workshop
        self.passwords = passwords
        self.settings = settings
        self._cipher = cipher
        self._clock = clock or SystemClock()
        self._new_token = new_token
        self._pace = keys.Pace(lambda: self._clock.now().timestamp())
        self._standings: dict[UUID, _Kept] = {}

    def now(self) -> datetime:
        """The machine's time, by which sessions begin and end."""
        return self._clock.now()

    # ── every request ──

    @asynccontextmanager
    async def enter(self, request: Request) -> AsyncGenerator[Work]:
        """Open the request's unit of work; its session is left in `request.state.session`.

        A program's key stands in for a session; it opens nothing that takes a session itself.

        Raises:
            NotSignedIn: no valid session or key, and the path is not open to all.
            StalePage: a write without the session's CSRF token, or sent by another site.
            TooMany: the program asks too often.
        """
        session = await self._session_of(request)
        request.state.session = session
        if session is None and (key := _key_in(request)) is not None:
            async with self._work_of_program(key, address_of(request)) as work:
                yield work
            return
        if session is None:
            if (request.method, request.url.path) not in self.settings.public:
                raise NotSignedIn
            async with self._visit(address_of(request)) as work:
                yield work
            return
        async with self.work_of(session, address_of(request)) as work:
            yield work

    async def session_of(self, request: Request) -> OpenSession:
        """The request's session.

        Raises:
            NotSignedIn: it has none that is valid.
            StalePage: a write without its CSRF token, or sent by another site.
        """
        session = await self._session_of(request)
        if session is None:
            raise NotSignedIn
        return session

    @asynccontextmanager
    async def work_of(self, session: OpenSession, address: str | None) -> AsyncGenerator[Work]:
        """A unit of work of the session's account, in its scope."""
        actor = Actor(
            kind="person",
            name=session.display_name,
            account_id=session.account_id,
            address=address,
            terminal=session.seat.title if session.seat else None,
        )
        async with self.workshop.work(actor=actor, scope=session.scope) as work:
            yield work

    # ── signing in and out ──

    async def sign_in(self, attempt: SignIn) -> OpenSession:
        """Open a new session; the one whose cookie came along ends.

        Raises:
            WrongPassword: unknown login or wrong password; both look and last the same.
            LockedOut: too many tries; nothing was hashed.
            AccountClosed: the password is right, but the account is locked.
            SecondFactorNeeded: the password is right, and a code has to come with it.
            WrongCode: the code is not right; it counts as a wrong password does.
            TooMany: too many passwords are being verified just now.
        """
        login = policy.plain_login(attempt.login)
        found, failure = await self._admit(login, attempt.address)
        right = await self.passwords.right(found.password_hash if found else None, attempt.password)
        if found is None or not right:
            await self._note(found, attempt.address, failure)
            raise WrongPassword
        if found.state is not AccountState.ACTIVE:
            await self._note(found, attempt.address, failure)
            raise AccountClosed
        proven = await self._second_proof(found, attempt.code, attempt.address, failure)
        if attempt.old_token is not None:
            async with self._visit(attempt.address) as work:
                await self._end(work, attempt.old_token)
        return await self._begin(
            found,
            attempt.address,
            proven=proven,
            password=attempt.password,
            terminal=attempt.terminal,
        )

    async def sign_in_known(self, attempt: KnownSignIn) -> OpenSession:
        """Open a new session for somebody a provider of identities has proven.

        The second factor is asked for all the same: the provider's own is not linli's to judge.

        Raises:
            UnknownIdentity: no account signs in with it.
            AccountClosed, SecondFactorNeeded, WrongCode, LockedOut: as in `sign_in`.
        """
        known, address = attempt.identity, attempt.address
        async with self._visit(address) as work:
            who = await store.find_identity(
                work.connection, known.issuer, known.subject, self._clock.now()
            )
        if who is None:
            await self._note(None, address, Action.SIGN_IN_FAILED)
            raise UnknownIdentity
        found, failure = await self._admit(who.login, address)
        if found is None or found.state is not AccountState.ACTIVE:
            await self._note(who, address, failure)
            raise AccountClosed
        proven = await self._second_proof(found, attempt.code, address, failure)
        if attempt.old_token is not None:
            async with self._visit(address) as work:
                await self._end(work, attempt.old_token)
        return await self._begin(
            found, address, proven=proven, identity=known.title, terminal=attempt.terminal
        )

    async def may_link(self, session: OpenSession, password: str, address: str | None) -> None:
        """Whoever adds a way to sign in says their password again.

        Raises:
            NotAtTerminal: others stand beside.
            WrongCurrentPassword, LockedOut, TooMany: as in `change_password`.
        """
        _away_from_terminals(session)
        found = await self._again(session, password, address)
        async with self.work_of(session, address) as work:
            await self._forgive(work, found.login, address)

    async def link(self, account_id: UUID, identity: Identity, address: str | None) -> None:
        """Let the account that asked for it sign in with this identity, too.

        Raises:
            Taken: it belongs to an account already.
            AccountClosed: the account was closed meanwhile.
        """
        scope = Scope(account_id=account_id)
        async with self.workshop.work(actor=_visitor(address), scope=scope) as work:
            account = await account_of(work, account_id)
        if account.state is not AccountState.ACTIVE:
            raise AccountClosed
        actor = Actor(
            kind="person", name=account.display_name, account_id=account_id, address=address
        )
        async with self.workshop.work(actor=actor, scope=scope) as work:
            await openid.link(work, account_id, identity)
            await record(
                work,
                action=Action.IDENTITY_LINKED,
                subject_kind="account",
                subject_id=account_id,
                subject_title=f"{account.display_name} · {identity.title}",
            )

    async def unlink(self, session: OpenSession, link_id: UUID, address: str | None) -> None:
        """Sign in with this identity no more.

        Raises:
            NotFound: it is none of one's own. NotAtTerminal: others stand beside.
        """
        _away_from_terminals(session)
        async with self.work_of(session, address) as work:
            title = await openid.unlink(work, session.account_id, link_id)
            await record(
                work,
                action=Action.IDENTITY_UNLINKED,
                subject_kind="account",
                subject_id=session.account_id,
                subject_title=f"{session.display_name} · {title}",
            )

    async def sign_out(self, session: OpenSession, address: str | None) -> None:
        """End this session."""
        async with self.work_of(session, address) as work:
            await self._end(work, session.token)
            await self._record(work, session, Action.SIGNED_OUT)

    async def sign_out_everywhere(self, session: OpenSession, address: str | None) -> None:
        """End every session of the account."""
        async with self.work_of(session, address) as work:
            await store.end_sessions(work.connection, session.account_id, self._clock.now())
            work.outbox.add(
                SessionEnded(
                    estate_id=None,
                    happened_at=work.now,
                    account_id=session.account_id,
                    session_id=None,
                )
            )
            await self._record(work, session, Action.SIGNED_OUT_EVERYWHERE)

    async def change_password(
        self, session: OpenSession, change: PasswordChange, address: str | None
    ) -> None:
        """Change one's own password; all other sessions of the account end.

        Raises:
            WrongCurrentPassword, WeakPassword: what is wrong with the wish.
            LockedOut, TooMany: as in `sign_in`; a stolen session must not guess faster.
            NotAtTerminal: others stand beside.
        """
        _away_from_terminals(session)
        async with self.work_of(session, address) as work:
            login = (await account_of(work, session.account_id)).login
        policy.acceptable(change.new, login)
        await self._again(session, change.current, address)
        password_hash = await self.passwords.hashed(change.new)
        now = self._clock.now()
        async with self.work_of(session, address) as work:
            await store.set_password(
                work.connection,
                session.account_id,
                password_hash,
                must_change=False,
                at=work.now,
            )
            await terminals.remove_pin(work, session.account_id)
            await self._end_others(work, session, now)
            await self._forgive(work, login, address)
            await self._record(work, session, Action.PASSWORD_CHANGED)

    # ── the second factor ──

    async def begin_factor(
        self, session: OpenSession, password: str, address: str | None
    ) -> Enrolment:
        """A new secret for an authenticator app; a session alone is not enough to get one.

        Raises:
            WrongCurrentPassword, LockedOut, TooMany: as in `change_password`.
            EnrolledAlready: a factor is in force. NotAtTerminal: others stand beside.
        """
        _away_from_terminals(session)
        found = await self._again(session, password, address)
        async with self.work_of(session, address) as work:
            await self._forgive(work, found.login, address)
            return await second_factor.begin_enrolment(
                work,
                self._cipher,
                session.account_id,
                issuer=self.settings.installation_title,
                login=found.login,
            )

    async def confirm_factor(
        self, session: OpenSession, code: str, address: str | None
    ) -> tuple[str, ...]:
        """Put the factor into force; the account's other sessions end. Answers recovery codes.

        Raises:
            NotEnrolled, EnrolledAlready, WrongAppCode: as in `confirm_enrolment`.
            NotAtTerminal: others stand beside.
        """
        _away_from_terminals(session)
        now = self._clock.now()
        async with self.work_of(session, address) as work:
            codes = await second_factor.confirm_enrolment(
                work, self._cipher, session.account_id, code, at=now
            )
            # Six digits must not lead past it.
            await terminals.remove_pin(work, session.account_id)
            await self._end_others(work, session, now)
            # Live pages of this session reach what they were kept from.
            work.outbox.add(
                GrantChanged(estate_id=None, happened_at=work.now, account_id=session.account_id)
            )
            await self._record(work, session, Action.SECOND_FACTOR_ENABLED)
        return codes

    async def renew_recovery_codes(
        self, session: OpenSession, password: str, code: str, address: str | None
    ) -> tuple[str, ...]:
        """Recovery codes anew; the old ones are worth nothing.

        Raises:
            WrongCurrentPassword, WrongOwnCode, LockedOut, TooMany, NotEnrolled, NotAtTerminal.
        """
        _away_from_terminals(session)
        await self._prove_again(session, password, code, address)
        async with self.work_of(session, address) as work:
            codes = await second_factor.renew_codes(work, self._cipher, session.account_id)
            await self._record(work, session, Action.RECOVERY_CODES_RENEWED)
        return codes

    async def remove_factor(
        self, session: OpenSession, password: str, code: str, address: str | None
    ) -> None:
        """Do without the second factor from now on.

        Raises:
            RequiredByRole: a role of the account demands it.
            WrongCurrentPassword, WrongOwnCode, LockedOut, TooMany, NotAtTerminal.
        """
        _away_from_terminals(session)
        if session.factor_required:
            raise RequiredByRole
        await self._prove_again(session, password, code, address)
        async with self.work_of(session, address) as work:
            await second_factor.remove_factor(work, session.account_id)
            await self._record(work, session, Action.SECOND_FACTOR_REMOVED)

    # ── shared terminals ──

    async def register_terminal(
        self, session: OpenSession, title: str, organisation_id: UUID, address: str | None
    ) -> tuple[Terminal, str]:
        """Make this browser a shared terminal; answers its token.

        The session ends with it: whoever manages accounts does not stay signed in where others
        sit down.

        Raises:
            Forbidden, NotFound, BadInput: as in `register`. NotAtTerminal: it is one already.
        """
        _away_from_terminals(session)
        token = self._new_token()
        async with self.work_of(session, address) as work:
            terminal = await terminals.register(
                work,
                title=title,
                organisation_id=organisation_id,
                token_hash=hash_of(token),
                at=self._clock.now(),
            )
            await self._end(work, session.token)
            await self._record(work, session, Action.SIGNED_OUT, reason="登记公用终端")
        return terminal, token

    async def tiles_at(
        self, token: str, address: str | None
    ) -> tuple[Seat, tuple[Tile, ...]] | None:
        """The terminal of this token, and who used it lately; None when it is none any more."""
        now = self._clock.now()
        async with self._visit(address) as work:
            seat = await terminals.seat_of(work, hash_of(token), now, used=False)
            if seat is None:
                return None
            people = await terminals.people_of(work, hash_of(token), now)
        return seat, tuple(_tile(one) for one in people)

    async def sign_in_with_pin(self, attempt: PinSignIn) -> OpenSession:
        """Switch to an account at a shared terminal; the session that was open there ends.

        Raises:
            NoTerminal: the browser is none. WrongPin: the digits are wrong, or there are none.
            PinLocked: too many were wrong; only the password opens it again.
            LockedOut: too many wrong tries at this terminal.
            AccountClosed: the account is closed. NoPinForYou: its rights are too heavy.
        """
        address = attempt.address
        seat, tried = await self._try_pin(attempt)
        right = await self.passwords.right(tried.pin_hash if tried else None, attempt.pin)
        if tried is None:
            await self._note(None, address, Action.SIGN_IN_FAILED)
            raise WrongPin
        found = store.Login(
            account_id=tried.account_id,
            login=tried.login,
            display_name=tried.display_name,
            state=AccountState(tried.state),
            password_hash=tried.password_hash,
        )
        if tried.failures >= terminals.MOST_WRONG:
            await self._note(found, address, Action.SIGN_IN_BLOCKED)
            raise PinLocked
        if not right:
            await self._note(found, address, Action.SIGN_IN_FAILED)
            left = terminals.MOST_WRONG - tried.failures - 1
            if left == 0:
                raise PinLocked
            raise WrongPin(f"六位口令不正确，还可以试 {left} 次")
        if found.state is not AccountState.ACTIVE:
            await self._note(found, address, Action.SIGN_IN_FAILED)
            raise AccountClosed
        reason = await self._why_no_pin(found.account_id, address)
        if reason is not None:
            raise NoPinForYou(reason)
        if attempt.old_token is not None:
            async with self._visit(address) as work:
                await self._end(work, attempt.old_token)
        async with self._visit(address) as work:
            await store.set_tries(
                work.connection, policy.Tries(subject=policy.terminal_subject(seat.id))
            )
        return await self._begin(
            found, address, proven=False, terminal=attempt.terminal, by_pin=True
        )

    async def pin_of(
        self, session: OpenSession, address: str | None
    ) -> tuple[PinState, str | None]:
        """One's own six digits, and why one cannot have any, if so."""
        async with self.work_of(session, address) as work:
            state = await terminals.pin_state_of(work, session.account_id)
        return state, await self._why_no_pin(
            session.account_id, address, required=session.factor_required
        )

    async def set_pin(
        self, session: OpenSession, password: str, pin: str, address: str | None
    ) -> None:
        """Switch with these six digits at shared terminals from now on.

        Raises:
            NotAtTerminal: others stand beside. NoPinForYou, PlainPin, NotSixDigits.
            WrongCurrentPassword, LockedOut, TooMany: as in `change_password`.
        """
        _away_from_terminals(session)
        reason = await self._why_no_pin(
            session.account_id, address, required=session.factor_required
        )
        if reason is not None:
            raise NoPinForYou(reason)
        terminals.acceptable_pin(pin)
        found = await self._again(session, password, address)
        pin_hash = await self.passwords.hashed(pin)
        async with self.work_of(session, address) as work:
            await self._forgive(work, found.login, address)
            await terminals.set_pin(work, session.account_id, pin_hash)
            await self._record(work, session, Action.PIN_SET)

    async def remove_pin(self, session: OpenSession, address: str | None) -> None:
        """Have no six digits any more.

        Raises:
            NotFound: there are none. NotAtTerminal: others stand beside.
        """
        _away_from_terminals(session)
        async with self.work_of(session, address) as work:
            if not await terminals.remove_pin(work, session.account_id):
                raise NotFound("没有设置六位口令")
            await self._record(work, session, Action.PIN_REMOVED)

    # ── inside ──

    async def _try_pin(self, attempt: PinSignIn) -> tuple[Seat, PinTry | None]:
        now, token = self._clock.now(), hash_of(attempt.terminal)
        async with self._visit(attempt.address) as work:
            seat = await terminals.seat_of(work, token, now, used=False)
            if seat is None:
                raise NoTerminal
            subject = policy.terminal_subject(seat.id)
            tries = await store.tries_of(work.connection, [subject])
            admission = policy.admit([(tries[subject], policy.TERMINAL_LIMIT)], now)
            for counted in admission.tries:
                await store.set_tries(work.connection, counted)
            tried = (
                await terminals.try_pin(work, token, attempt.account_id, now)
                if admission.admitted
                else None
            )
        if not admission.admitted:
            raise LockedOut(retry_after_s=ceil(admission.wait.total_seconds()))
        return seat, tried

    async def _why_no_pin(
        self, account_id: UUID, address: str | None, *, required: bool = False
    ) -> str | None:
        scope = Scope(account_id=account_id)
        async with self.workshop.work(actor=_visitor(address), scope=scope) as work:
            held = (await standing_of(work, account_id)).held
            factor = await second_factor.state_of(work, account_id)
        demanded = policy.asks_for_factor(held, self.settings.second_factor_roles)
        return terminals.why_no_pin(
            governs=policy.governs(held), factor=factor.enrolled or demanded or required
        )

    @asynccontextmanager
    async def _work_of_program(self, key: str, address: str | None) -> AsyncGenerator[Work]:
        async with self._visit(address) as work:
            found = await store.open_key(
                work.connection, keys.hash_of(key), at=self._clock.now(), came_from=address
            )
            if found is None:
                raise NotSignedIn("接口密钥无效、已过期或已收回")
            standing = await self._standing(work, found.account_id, found.scope_version)
        wait = self._pace.wait(found.key_id, found.per_minute)
        if wait:
            raise TooMany(retry_after_s=ceil(wait))
        actor = Actor(
            kind="program",
            name=f"{found.display_name}（{found.title}）",
            account_id=found.account_id,
            address=address,
        )
        scope = policy.narrowed(standing.scope, found.permissions)
        async with self.workshop.work(actor=actor, scope=scope) as work:
            yield work

    async def _second_proof(
        self, found: store.Login, code: str | None, address: str | None, failure: Action
    ) -> bool:
        """Refuse who has a second factor and does not show it; answers whether there is one."""
        scope = Scope(account_id=found.account_id)
        actor = Actor(
            kind="person",
            name=found.display_name,
            account_id=found.account_id,
            address=address,
        )
        async with self.workshop.work(actor=actor, scope=scope) as work:
            state = await second_factor.state_of(work, found.account_id)
            if not state.enrolled:
                return False
            if code is None:
                await self._take_back(work, found.login, address)
                proof = None
            else:
                proof = await second_factor.prove(
                    work, self._cipher, found.account_id, code, at=self._clock.now()
                )
            if proof is Proof.RECOVERY_CODE:
                await record(
                    work,
                    action=Action.RECOVERY_CODE_USED,
                    subject_kind="account",
                    subject_id=found.account_id,
                    subject_title=found.display_name,
                )
        if code is None:
            raise SecondFactorNeeded
        if proof is None:
            await self._note(found, address, failure)
            raise WrongCode(field="code")
        return True

    async def _again(self, session: OpenSession, password: str, address: str | None) -> store.Login:
        """Who is signed in, once they have said their password again; the try stays counted."""
        found, _ = await self._password_again(session, password, address)
        return found

    async def _password_again(
        self, session: OpenSession, password: str, address: str | None
    ) -> tuple[store.Login, Action]:
        async with self.work_of(session, address) as work:
            login = (await account_of(work, session.account_id)).login
        found, failure = await self._admit(login, address)
        if found is None or not await self.passwords.right(found.password_hash, password):
            await self._note(found, address, failure)
            raise WrongCurrentPassword(field="current")
        return found, failure

    async def _prove_again(
        self, session: OpenSession, password: str, code: str, address: str | None
    ) -> None:
        found, failure = await self._password_again(session, password, address)
        async with self.work_of(session, address) as work:
            proof = await second_factor.prove(
                work, self._cipher, session.account_id, code, at=self._clock.now()
            )
            if proof is not None:
                await self._forgive(work, found.login, address)
        if proof is None:
            await self._note(found, address, failure)
            raise WrongOwnCode(field="code")

    async def _end_others(self, work: Work, session: OpenSession, now: datetime) -> None:
        ended = await store.end_sessions(work.connection, session.account_id, now, but=session.id)
        for session_id in ended:
            work.outbox.add(
                SessionEnded(
                    estate_id=None,
                    happened_at=work.now,
                    account_id=session.account_id,
                    session_id=session_id,
                )
            )

    async def _session_of(self, request: Request) -> OpenSession | None:
        token = request.cookies.get(SESSION_COOKIE)
        if not token:
            return None
        session = await self._open(token, by_person=_by_person(request))
        if session is not None and request.method not in SAFE_METHODS:
            _sent_by_our_page(request, session)
        return session

    async def _open(self, token: str, *, by_person: bool) -> OpenSession | None:
        async with self.workshop.work(actor=_visitor(None), scope=NOBODY) as work:
            found = await store.open_session(
                work.connection,
                hash_of(token),
                at=self._clock.now(),
                idle=IDLE,
                idle_there=terminals.IDLE,
                by_person=by_person,
            )
            if found is None:
                return None
            standing = await self._standing(work, found.account_id, found.scope_version)
        required = policy.asks_for_factor(standing.held, self.settings.second_factor_roles)
        return OpenSession(
            id=found.session_id,
            account_id=found.account_id,
            display_name=found.display_name,
            scope=_scope_at(
                found.seat,
                policy.until_proven(standing.scope, waiting=required and not found.has_factor),
            ),
            token=token,
            factor_required=required,
            seat=found.seat,
        )

    async def _standing(self, work: Work, account_id: UUID, version: int) -> Standing:
        kept = self._standings.get(account_id)
        if kept is not None and kept.version == version and work.now < kept.until:
            return kept.standing
        standing = await standing_of(work, account_id)
        until = work.now + STANDING_KEPT
        if standing.changes_at is not None:
            until = min(until, standing.changes_at)
        if len(self._standings) >= MOST_STANDINGS:
            self._standings.pop(next(iter(self._standings)))
        self._standings.pop(account_id, None)
        self._standings[account_id] = _Kept(standing.scope.version, until, standing)
        return standing

    async def _admit(self, login: str, address: str | None) -> tuple[store.Login | None, Action]:
        """Who is meant, and what to note should the password be wrong.

        The try counts as wrong before it is known to be, so that tries side by side count too.
        """
        now = self._clock.now()
        subjects = (policy.login_subject(login), policy.address_subject(address))
        limits = (policy.LOGIN_LIMIT, policy.ADDRESS_LIMIT)
        async with self._visit(address) as work:
            tries = await store.tries_of(work.connection, subjects)
            standing = [
                (tries[subject], limit) for subject, limit in zip(subjects, limits, strict=True)
            ]
            admission = policy.admit(standing, now)
            found = await store.find_login(work.connection, login) if admission.admitted else None
            for counted in admission.tries:
                await store.set_tries(work.connection, counted)
        if not admission.admitted:
            raise LockedOut(retry_after_s=ceil(admission.wait.total_seconds()))
        blocks = admission.begins_block
        return found, Action.SIGN_IN_BLOCKED if blocks else Action.SIGN_IN_FAILED

    async def _end(self, work: Work, token: str) -> None:
        ended = await store.end_session(work.connection, hash_of(token), self._clock.now())
        if ended is None:
            return
        session_id, account_id = ended
        work.outbox.add(
            SessionEnded(
                estate_id=None,
                happened_at=work.now,
                account_id=account_id,
                session_id=session_id,
            )
        )

    async def _forgive(self, work: Work, login: str, address: str | None) -> None:
        await store.set_tries(work.connection, policy.Tries(subject=policy.login_subject(login)))
        subject = policy.address_subject(address)
        tries = await store.tries_of(work.connection, [subject])
        await store.set_tries(
            work.connection, policy.taken_back(tries[subject], policy.ADDRESS_LIMIT)
        )

    async def _take_back(self, work: Work, login: str, address: str | None) -> None:
        """The try was right so far. It is not forgiven: wrong codes before it stay counted."""
        limits = {
            policy.login_subject(login): policy.LOGIN_LIMIT,
            policy.address_subject(address): policy.ADDRESS_LIMIT,
        }
        tries = await store.tries_of(work.connection, list(limits))
        for subject, limit in limits.items():
            await store.set_tries(work.connection, policy.taken_back(tries[subject], limit))

    async def _begin(
        self,
        found: store.Login,
        address: str | None,
        *,
        proven: bool,
        password: str | None = None,
        identity: str | None = None,
        terminal: str | None = None,
        by_pin: bool = False,
    ) -> OpenSession:
        token = self._new_token()
        now = self._clock.now()
        async with self._visit(address) as work:
            standing = await standing_of(work, found.account_id)
            seat = (
                await terminals.seat_of(work, hash_of(terminal), now, used=True)
                if terminal is not None
                else None
            )
        if by_pin and seat is None:
            raise NoTerminal
        new_hash = (
            await self.passwords.hashed(password)
            if password is not None and self.passwords.outdated(found.password_hash)
            else None
        )
        session_id = self.workshop.ids(now)
        required = policy.asks_for_factor(standing.held, self.settings.second_factor_roles)
        session = OpenSession(
            id=session_id,
            account_id=found.account_id,
            display_name=found.display_name,
            scope=_scope_at(
                seat, policy.until_proven(standing.scope, waiting=required and not proven)
            ),
            token=token,
            factor_required=required,
            seat=seat,
        )
        async with self.work_of(session, address) as work:
            await store.add_session(
                work.connection,
                store.NewSession(
                    id=session_id,
                    account_id=found.account_id,
                    token_hash=hash_of(token),
                    created_at=now,
                    expires_at=now + LONGEST,
                    address=address,
                    terminal_id=seat.id if seat else None,
                ),
            )
            await store.signed_in(work.connection, found.account_id, now)
            if new_hash is not None:
                await store.rehash(work.connection, found.account_id, new_hash)
            if by_pin or password is not None:
                await terminals.forgive_pin(work, found.account_id)
            if not by_pin:
                await self._forgive(work, found.login, address)
            await self._record(
                work, session, Action.SIGNED_IN, reason=_how(identity, by_pin=by_pin)
            )
        return session

    async def _note(self, found: store.Login | None, address: str | None, action: Action) -> None:
        async with self._visit(address) as work:
            await _note_try(work, found, action)

    async def _record(
        self, work: Work, session: OpenSession, action: Action, reason: str | None = None
    ) -> None:
        await record(
            work,
            action=action,
            subject_kind="account",
            subject_id=session.account_id,
            subject_title=session.display_name,
            reason=reason,
        )

    @asynccontextmanager
    async def _visit(self, address: str | None) -> AsyncGenerator[Work]:
        async with self.workshop.work(actor=_visitor(address), scope=NOBODY) as work:
            yield work


def address_of(request: Request) -> str | None:
    """Where the request came from, as the server in front established it."""
    return request.client.host if request.client else None


def _key_in(request: Request) -> str | None:
    """The program's key that came along, if any."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    return key if kind == "Bearer" and key.startswith(keys.PREFIX) else None


def _away_from_terminals(session: OpenSession) -> None:
    if session.seat is not None:
        raise NotAtTerminal


def _scope_at(seat: Seat | None, scope: Scope) -> Scope:
    return scope if seat is None else policy.at_terminal(scope)


def _how(identity: str | None, *, by_pin: bool) -> str | None:
    if by_pin:
        return "六位口令"
    return f"统一身份 {identity}" if identity is not None else None


def _tile(one: Colleague) -> Tile:
    titles = (policy.ROLES[Role(code)].title for code in one.roles)
    return Tile(one.account_id, one.display_name, "、".join(titles), one.has_pin)


def _visitor(address: str | None) -> Actor:
    return Actor(kind="visitor", name="未登录", address=address)


async def _note_try(work: Work, found: store.Login | None, action: Action) -> None:
    # What was typed as a login is not written down: people type passwords there.
    await record(
        work,
        action=action,
        subject_kind="account",
        subject_id=found.account_id if found else None,
        subject_title=f"{found.display_name}（{found.login}）" if found else "不存在的账号",
        outcome=Outcome.REFUSED,
    )


def sent_by_our_site(request: Request) -> None:
    """Refuse what a browser says another site has sent: nobody is signed in behind their back."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        raise StalePage


def _by_person(request: Request) -> bool:
    """Whether somebody asks, and not an open page by itself.

    The live stream is the page's own, and so are readings that carry `X-Unattended` because
    nobody has touched the page for a while. A write is always somebody's.
    """
    if request.method not in SAFE_METHODS:
        return True
    return request.url.path != LIVE_PATH and UNATTENDED_HEADER not in request.headers


def _sent_by_our_page(request: Request, session: OpenSession) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise StalePage
    sent_by_our_site(request)
