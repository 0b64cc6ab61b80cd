"""Sessions, accounts and grants over HTTP."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, cast
from urllib.parse import urlencode
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.directory.identity import errands, keys, leaving, policy, service, store
from linli.directory.identity.contracts import (
    STATE_TITLES,
    Account,
    AccountDraft,
    AccountState,
    ApiKey,
    ApiKeyDraft,
    Grant,
    GrantDraft,
    Home,
    Leaving,
    LeavingDraft,
    Permission,
    Role,
    TargetKind,
)
from linli.directory.identity.door import (
    CSRF_COOKIE,
    LONGEST,
    SESSION_COOKIE,
    TERMINAL_COOKIE,
    KnownSignIn,
    NoTerminal,
    OpenIdLate,
    OpenSession,
    PasswordChange,
    PinSignIn,
    SecondFactorNeeded,
    SessionDoor,
    SignIn,
    address_of,
    sent_by_our_site,
)
from linli.directory.identity.errands import Errand, Wish
from linli.directory.openid.ports import AnswerRefused, IdentityProvider
from linli.directory.openid.public import links_of
from linli.directory.organisation.contracts import OrganisationKind
from linli.directory.organisation.public import organisations_named
from linli.directory.second_factor.public import enrolled_among, state_of
from linli.directory.terminals.contracts import TerminalOrder, TerminalSearch
from linli.directory.terminals.public import IDLE as IDLE_AT_TERMINAL
from linli.directory.terminals.public import end_terminal, terminals_of
from linli.kernel.errors import Forbidden, NotFound, Refusal
from linli.kernel.web import SHOWN_ONCE, CurrentWork, require, router
from linli.kernel.work import Work
from linli.support.sealing.ports import Cipher
from linli.support.sheets.public import Agreed, Column, Filter, as_file

log = structlog.get_logger(__name__)

api = router("/api", tag="accounts")
# Signing in spans transactions, and a first password must not be kept for replays: these
# endpoints enter the door by themselves.
session_api = APIRouter(prefix="/api", tags=["session"])

MANAGE = Permission.MANAGE_ACCOUNTS
# As long as browsers keep a cookie; the server forgets an unused terminal earlier.
TERMINAL_COOKIE_SECONDS = 400 * 24 * 3600


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class OrganisationBrief(Shape):
    """An organisation's name."""

    id: UUID
    title: str
    kind: OrganisationKind


class GrantView(Shape):
    """A grant as its holder and those who manage it see it."""

    id: UUID
    role: Role
    role_title: str
    target_kind: TargetKind
    target_id: UUID
    target_title: str
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None
    basis: str


class OwnAccount(Shape):
    """The signed-in account."""

    id: UUID
    login: str
    display_name: str
    phone_masked: str | None
    must_change_password: bool


class SecondFactorView(Shape):
    """One's own second factor; `required` when a role demands it."""

    enrolled: bool
    required: bool
    codes_left: int


class Me(Shape):
    """Who is signed in, and what they may do. `csrf` goes back as `X-CSRF-Token`.

    `terminal` is what the shared terminal is called at which they sit. `training`: they belong to a
    training county, where nothing is real.
    """

    account: OwnAccount
    grants: tuple[GrantView, ...]
    permissions: tuple[Permission, ...]
    home: Home
    organisation: OrganisationBrief | None
    csrf: str
    demo: bool
    installation_title: str
    second_factor: SecondFactorView
    terminal: str | None
    training: bool


class LeavingView(Shape):
    """Somebody leaves, or has left, and who takes over."""

    leaves_at: AwareDatetime
    successor_id: UUID | None
    successor_name: str
    reason: str
    noted_by: str


class AccountView(Shape):
    """An account as those who manage it see it."""

    id: UUID
    login: str
    display_name: str
    phone_masked: str | None
    organisation: OrganisationBrief | None
    grants: tuple[GrantView, ...]
    state: AccountState
    must_change_password: bool
    second_factor: bool
    leaving: LeavingView | None
    last_signed_in_at: AwareDatetime | None


class AccountPage(Shape):
    """Accounts by login."""

    items: tuple[AccountView, ...]
    next_cursor: str | None
    total: int


class FirstPassword(Shape):
    """An account with the password to hand over; it is shown this once."""

    account: AccountView
    first_password: str


class RoleView(Shape):
    """A role: what it holds, and over what it can be given."""

    code: Role
    title: str
    permissions: tuple[Permission, ...]
    target_kinds: tuple[TargetKind, ...]
    organisation_kinds: tuple[OrganisationKind, ...]
    may_hand_out: bool


class Installation(Shape):
    """What the sign-in page may know. `openid`: what the provider of identities is called."""

    title: str
    demo: bool
    openid: str | None


class OpenIdBody(Shape):
    """Where to go once signed in: a path of ours."""

    back: Annotated[str, Field(max_length=500)] = "/"


class GoTo(Shape):
    """Where the browser goes next."""

    url: str


class IdentityView(Shape):
    """An identity of the provider that one signs in with."""

    id: UUID
    title: str
    linked_at: AwareDatetime
    last_used_at: AwareDatetime | None


class SignInBody(Shape):
    """Login and password; with a second factor also its `code`."""

    login: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=1000)]
    code: Annotated[str | None, Field(min_length=1, max_length=40)] = None


class EnrolmentView(Shape):
    """What an authenticator app needs; shown this once. `uri` belongs into a QR code."""

    secret: str
    uri: str


class RecoveryCodes(Shape):
    """Codes that each stand in for the app once; shown this once."""

    codes: tuple[str, ...]


class AgainBody(Shape):
    """One's password, said again."""

    current: Annotated[str, Field(min_length=1, max_length=1000)]


class CodeBody(Shape):
    """A code that the authenticator app shows."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class ProofBody(Shape):
    """One's password and a code of the second factor."""

    current: Annotated[str, Field(min_length=1, max_length=1000)]
    code: Annotated[str, Field(min_length=1, max_length=40)]


class PasswordBody(Shape):
    """One's current password and the new one."""

    current: Annotated[str, Field(min_length=1, max_length=1000)]
    new: Annotated[str, Field(min_length=1, max_length=1000)]


class AccountBody(Shape):
    """An account to be created."""

    login: Annotated[str, Field(min_length=1, max_length=60)]
    display_name: Annotated[str, Field(min_length=1, max_length=40)]
    phone: Annotated[str | None, Field(pattern=r"^\+?[0-9][0-9 -]{4,18}$")] = None
    organisation_id: UUID


class KeyView(Shape):
    """A program's key without its secret; `head` are its first characters."""

    id: UUID
    account_id: UUID
    account_name: str
    title: str
    head: str
    permissions: tuple[Permission, ...]
    per_minute: int
    made_by: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    last_address: str | None


class NewKeyView(Shape):
    """A new key with its secret, shown this once."""

    key: KeyView
    secret: str


class KeyBody(Shape):
    """A key to be made: what it is for, what it may, until when, how often a minute."""

    title: Annotated[str, Field(min_length=1, max_length=80)]
    permissions: Annotated[tuple[Permission, ...], Field(min_length=1, max_length=60)]
    expires_at: AwareDatetime
    per_minute: Annotated[int, Field(ge=1, le=6000)] = 120


class TileView(Shape):
    """Somebody who uses a shared terminal; without `has_pin` they sign in with their password."""

    account_id: UUID
    display_name: str
    role_title: str
    has_pin: bool


class SeatView(Shape):
    """The shared terminal that this browser is, and who used it in the last 30 days."""

    title: str
    people: tuple[TileView, ...]


class SwitchBody(Shape):
    """Whose turn it is at the shared terminal, and their six digits."""

    account_id: UUID
    pin: Annotated[str, Field(min_length=1, max_length=20)]


class PinView(Shape):
    """One's own six digits; `why_not`: why one cannot have any."""

    there: bool
    locked: bool
    why_not: str | None


class PinBody(Shape):
    """One's password, said again, and the six digits."""

    current: Annotated[str, Field(min_length=1, max_length=1000)]
    pin: Annotated[str, Field(min_length=1, max_length=20)]


class TerminalBody(Shape):
    """A shared terminal: where it stands, and whose it is."""

    title: Annotated[str, Field(min_length=1, max_length=40)]
    organisation_id: UUID


class TerminalView(Shape):
    """A shared terminal; `on_it` are the names of who is signed in there now."""

    id: UUID
    title: str
    organisation: OrganisationBrief | None
    registered_by: str
    registered_at: AwareDatetime
    last_used_at: AwareDatetime
    on_it: tuple[str, ...]


class TerminalPage(Shape):
    """Shared terminals of one page."""

    items: tuple[TerminalView, ...]
    next_cursor: str | None
    total: int


class LeavingBody(Shape):
    """Somebody leaves at a moment (None: now); `successor_id` takes over what they have in hand."""

    leaves_at: AwareDatetime | None = None
    successor_id: UUID | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class GrantBody(Shape):
    """A grant to be given; without `valid_from` it begins now."""

    role: Role
    target_kind: TargetKind
    target_id: UUID
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    basis: Annotated[str, Field(min_length=1, max_length=200)]


# ── session ──


@session_api.get("/installation")
async def installation(request: Request) -> Installation:
    """What this installation is called; open to all."""
    settings = _door(request).settings
    provider = _provider(request)
    return Installation(
        title=settings.installation_title,
        demo=settings.demo,
        openid=provider.title if provider else None,
    )


@session_api.post("/session")
async def sign_in(request: Request, response: Response, body: SignInBody) -> Me:
    """Sign in: sets the session cookie, always a new one.

    401 for a wrong login or password (both look the same), 401 `second_factor_needed` when the
    same is to be sent again with `code`, 401 `wrong_code`; 423 with `retry_after_s` after too
    many tries or for a closed account.
    """
    door = _door(request)
    sent_by_our_site(request)
    session = await door.sign_in(
        SignIn(
            login=body.login,
            password=body.password,
            address=address_of(request),
            old_token=request.cookies.get(SESSION_COOKIE),
            code=body.code,
            terminal=request.cookies.get(TERMINAL_COOKIE),
        )
    )
    async with door.work_of(session, address_of(request)) as work:
        me = await _me(work, door, session)
    _set_cookies(response, door, session)
    return me


@session_api.get("/session")
async def who_am_i(request: Request) -> Me:
    """Who is signed in; 401 when nobody is."""
    door = _door(request)
    session = await door.session_of(request)
    async with door.work_of(session, address_of(request)) as work:
        return await _me(work, door, session)


@session_api.delete("/session", status_code=204)
async def sign_out(request: Request, response: Response) -> None:
    """End this session."""
    door = _door(request)
    await door.sign_out(await door.session_of(request), address_of(request))
    _clear_cookies(response)


@session_api.delete("/sessions", status_code=204)
async def sign_out_everywhere(request: Request, response: Response) -> None:
    """End every session of the account, on all its devices."""
    door = _door(request)
    await door.sign_out_everywhere(await door.session_of(request), address_of(request))
    _clear_cookies(response)


@session_api.post("/session/password", status_code=204)
async def change_password(request: Request, body: PasswordBody) -> None:
    """Change one's own password; the account's other sessions end."""
    door = _door(request)
    session = await door.session_of(request)
    change = PasswordChange(current=body.current, new=body.new)
    await door.change_password(session, change, address_of(request))


# ── shared terminals ──


@session_api.get("/session/terminal")
async def read_terminal(request: Request) -> SeatView | None:
    """Who may switch in here; null when this browser is no shared terminal. Open to all."""
    token = request.cookies.get(TERMINAL_COOKIE)
    found = await _door(request).tiles_at(token, address_of(request)) if token else None
    if found is None:
        return None
    seat, people = found
    return SeatView(
        title=seat.title,
        people=tuple(
            TileView(
                account_id=one.account_id,
                display_name=one.display_name,
                role_title=one.role_title,
                has_pin=one.has_pin,
            )
            for one in people
        ),
    )


@session_api.post("/session/terminal")
async def switch(request: Request, response: Response, body: SwitchBody) -> Me:
    """Sign in at a shared terminal with six digits: sets the session cookie, always a new one.

    401 `wrong_pin`, 401 `no_terminal`; 423 `pin_locked` after five wrong tries of an account,
    423 `locked_out` with `retry_after_s` after too many at this terminal.
    """
    door = _door(request)
    sent_by_our_site(request)
    token = request.cookies.get(TERMINAL_COOKIE)
    if token is None:
        raise NoTerminal
    session = await door.sign_in_with_pin(
        PinSignIn(
            account_id=body.account_id,
            pin=body.pin,
            address=address_of(request),
            terminal=token,
            old_token=request.cookies.get(SESSION_COOKIE),
        )
    )
    async with door.work_of(session, address_of(request)) as work:
        me = await _me(work, door, session)
    _set_cookies(response, door, session)
    return me


@session_api.get("/session/pin")
async def read_pin(request: Request) -> PinView:
    """Whether one has six digits for shared terminals, or may have."""
    door = _door(request)
    state, why_not = await door.pin_of(await door.session_of(request), address_of(request))
    return PinView(there=state.there, locked=state.locked, why_not=why_not)


@session_api.post("/session/pin", status_code=204)
async def set_pin(request: Request, body: PinBody) -> None:
    """Set one's six digits; 403 when one's rights are too heavy, 422 when they are too plain."""
    door = _door(request)
    session = await door.session_of(request)
    await door.set_pin(session, body.current, body.pin, address_of(request))


@session_api.delete("/session/pin", status_code=204)
async def remove_pin(request: Request) -> None:
    """Have no six digits any more; 404 when there are none."""
    door = _door(request)
    await door.remove_pin(await door.session_of(request), address_of(request))


@session_api.post("/terminals", status_code=204)
async def register_terminal(request: Request, response: Response, body: TerminalBody) -> None:
    """Make this very browser a shared terminal; one's session here ends with it."""
    door = _door(request)
    session = await _manager(door, request)
    _, token = await door.register_terminal(
        session, body.title, body.organisation_id, address_of(request)
    )
    _clear_cookies(response)
    response.set_cookie(
        TERMINAL_COOKIE,
        token,
        max_age=TERMINAL_COOKIE_SECONDS,
        path="/",
        secure=door.settings.secure,
        httponly=True,
        samesite="strict",
    )


@api.get("/terminals")
async def list_terminals(
    work: CurrentWork,
    *,
    q: Annotated[str, Query(max_length=40)] = "",
    sort: TerminalOrder = TerminalOrder.TITLE,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int, Query(ge=0, lt=1 << 31)] = 0,
) -> TerminalPage:
    """The shared terminals of the organisations whose accounts one manages.

    `q`: a part of where one stands.
    """
    require(work, MANAGE)
    search = TerminalSearch(words=q.strip(), order=sort)
    found, total = await terminals_of(work, search, most=limit, skip=cursor)
    organisations = await organisations_named(work, {one.organisation_id for one in found})
    on_them = await store.on_terminals(
        work.connection, [one.id for one in found], at=work.now, idle=IDLE_AT_TERMINAL
    )
    return TerminalPage(
        items=tuple(
            TerminalView(
                id=one.id,
                title=one.title,
                organisation=(
                    OrganisationBrief(id=its.id, title=its.title, kind=its.kind)
                    if (its := organisations.get(one.organisation_id))
                    else None
                ),
                registered_by=one.registered_by,
                registered_at=one.registered_at,
                last_used_at=one.last_used_at,
                on_it=on_them.get(one.id, ()),
            )
            for one in found
        ),
        next_cursor=str(cursor + limit) if cursor + limit < total else None,
        total=total,
    )


as_file(
    api,
    list_terminals,
    "公用终端",
    (
        Column("放在哪里", lambda row: row.title),
        Column("归属单位", lambda row: row.organisation.title if row.organisation else None),
        Column("现在谁在用", lambda row: row.on_it),
        Column("最近使用", lambda row: row.last_used_at),
        Column("登记人", lambda row: row.registered_by),
        Column("登记时间", lambda row: row.registered_at),
    ),
    path="/terminals",
)


@api.delete("/terminals/{terminal_id}", status_code=204)
async def remove_terminal(request: Request, work: CurrentWork, terminal_id: UUID) -> None:
    """End a shared terminal: whoever is on it is out at once."""
    require(work, MANAGE)
    await end_terminal(work, terminal_id, _door(request).now())


# ── a provider of identities ──


@session_api.post("/session/openid")
async def begin_openid(request: Request, response: Response, body: OpenIdBody) -> GoTo:
    """Sign in with the provider of identities: answers where the browser goes.

    404 where the installation has none; 503 `openid_away` when it cannot be reached.
    """
    sent_by_our_site(request)
    question = await _provider_here(request).ask()
    _send_out(
        request,
        response,
        Errand(Wish.SIGN_IN, _errand_ends(request), errands.local_path(body.back), question),
    )
    return GoTo(url=question.url)


@session_api.post("/session/openid/link")
async def begin_link(request: Request, response: Response, body: AgainBody) -> GoTo:
    """Link an identity of the provider to one's account; needs one's password again."""
    door = _door(request)
    session = await door.session_of(request)
    provider = _provider_here(request)
    await door.may_link(session, body.current, address_of(request))
    question = await provider.ask()
    _send_out(
        request,
        response,
        Errand(
            Wish.LINK,
            _errand_ends(request),
            question=question,
            account_id=session.account_id,
        ),
    )
    return GoTo(url=question.url)


@session_api.get("/session/openid/done", include_in_schema=False)
async def openid_answered(request: Request) -> Response:
    """The provider sends the browser back here; goes on to a page of ours, whatever happened.

    How it ended stands in `openid` of that page's query: `linked`, `code` (the second factor is
    asked for now), `late`, or the code of a refusal.
    """
    cipher = _cipher(request)
    door = _door(request)
    errand = errands.opened(cipher, request.cookies.get(errands.COOKIE), door.now())
    if errand is None or errand.question is None:
        return _home("/sign-in", "late")
    page = "/me" if errand.wish is Wish.LINK else "/sign-in"
    attempt: KnownSignIn | None = None
    try:
        provider = _provider_here(request)
        identity = await provider.answered(errand.question, request.query_params)
        if errand.wish is Wish.LINK and errand.account_id is not None:
            await door.link(errand.account_id, identity, address_of(request))
            return _home(page, "linked")
        attempt = KnownSignIn(
            identity,
            address_of(request),
            old_token=request.cookies.get(SESSION_COOKIE),
            terminal=request.cookies.get(TERMINAL_COOKIE),
        )
        session = await door.sign_in_known(attempt)
    except SecondFactorNeeded:
        response = _home(page, "code", back=errand.back)
        proven = Errand(
            Wish.CODE,
            _errand_ends(request),
            errand.back,
            identity=attempt.identity if attempt else None,
        )
        _send_out(request, response, proven)
        return response
    except AnswerRefused as refused:
        log.warning("openid_answer_refused", told=refused.told)
        return _home(page, refused.code, back=errand.back)
    except Refusal as refused:
        return _home(page, refused.code, back=errand.back)
    response = _home(errand.back, None)
    _set_cookies(response, door, session)
    return response


@session_api.post("/session/openid/code")
async def prove_openid(request: Request, response: Response, body: CodeBody) -> Me:
    """The second factor's code of somebody the provider has proven; opens the session.

    401 `openid_late` when that was too long ago; else as `POST /session`.
    """
    door = _door(request)
    sent_by_our_site(request)
    errand = errands.opened(_cipher(request), request.cookies.get(errands.COOKIE), door.now())
    if errand is None or errand.wish is not Wish.CODE or errand.identity is None:
        raise OpenIdLate
    session = await door.sign_in_known(
        KnownSignIn(
            errand.identity,
            address_of(request),
            old_token=request.cookies.get(SESSION_COOKIE),
            code=body.code,
            terminal=request.cookies.get(TERMINAL_COOKIE),
        )
    )
    async with door.work_of(session, address_of(request)) as work:
        me = await _me(work, door, session)
    _set_cookies(response, door, session)
    response.delete_cookie(errands.COOKIE, path=errands.PATH)
    return me


@session_api.get("/session/openid/identities")
async def list_identities(request: Request) -> tuple[IdentityView, ...]:
    """The identities one signs in with."""
    door = _door(request)
    session = await door.session_of(request)
    async with door.work_of(session, address_of(request)) as work:
        links = await links_of(work, session.account_id)
    return tuple(
        IdentityView(
            id=link.id,
            title=link.title,
            linked_at=link.linked_at,
            last_used_at=link.last_used_at,
        )
        for link in links
    )


@session_api.delete("/session/openid/identities/{link_id}", status_code=204)
async def unlink_identity(request: Request, link_id: UUID) -> None:
    """Sign in with this identity no more; 404 when it is none of one's own."""
    door = _door(request)
    await door.unlink(await door.session_of(request), link_id, address_of(request))


@session_api.post("/session/second-factor", status_code=201)
async def begin_second_factor(request: Request, body: AgainBody) -> EnrolmentView:
    """Make a secret for an authenticator app; in force once a code has been confirmed."""
    door = _door(request)
    session = await door.session_of(request)
    enrolment = await door.begin_factor(session, body.current, address_of(request))
    return EnrolmentView(secret=enrolment.secret, uri=enrolment.uri)


@session_api.post("/session/second-factor/confirm")
async def confirm_second_factor(request: Request, body: CodeBody) -> RecoveryCodes:
    """Put the second factor into force; the account's other sessions end."""
    door = _door(request)
    session = await door.session_of(request)
    return RecoveryCodes(codes=await door.confirm_factor(session, body.code, address_of(request)))


@session_api.post("/session/second-factor/codes")
async def renew_recovery_codes(request: Request, body: ProofBody) -> RecoveryCodes:
    """Recovery codes anew; the old ones are worth nothing."""
    door = _door(request)
    session = await door.session_of(request)
    codes = await door.renew_recovery_codes(session, body.current, body.code, address_of(request))
    return RecoveryCodes(codes=codes)


@session_api.post("/session/second-factor/remove", status_code=204)
async def remove_second_factor(request: Request, body: ProofBody) -> None:
    """Do without the second factor; 403 when a role demands it."""
    door = _door(request)
    session = await door.session_of(request)
    await door.remove_factor(session, body.current, body.code, address_of(request))


# ── accounts ──


@api.get("/accounts")
async def list_accounts(
    work: CurrentWork,
    *,
    q: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> AccountPage:
    """Accounts one manages, by login; `q` looks into names, logins and the phone's last digits."""
    require(work, MANAGE)
    found = await store.accounts(work.connection, words=q, after=cursor, most=limit + 1)
    page = found[:limit]
    return AccountPage(
        items=await _accounts(work, page),
        next_cursor=page[-1].login if len(found) > limit else None,
        total=await store.count_accounts(work.connection, words=q),
    )


as_file(
    api,
    list_accounts,
    "账号",
    (
        Column("登录名", lambda row: row.login),
        Column("姓名", lambda row: row.display_name),
        Column("电话", lambda row: row.phone_masked),
        Column("单位", lambda row: row.organisation.title if row.organisation else None),
        Column("角色", lambda row: tuple(f"{g.role_title}·{g.target_title}" for g in row.grants)),
        Column("状态", lambda row: STATE_TITLES[row.state]),
        Column("第二因素", lambda row: row.second_factor),
        Column("上次登录", lambda row: row.last_signed_in_at),
    ),
    path="/accounts",
    personal=True,
    agreed=Agreed(MANAGE, {"q": Filter("搜索词")}),
)


@api.get("/accounts/{account_id}")
async def read_account(work: CurrentWork, account_id: UUID) -> AccountView:
    """One account with its grants."""
    require(work, MANAGE)
    return await _account(work, await service.account_of(work, account_id))


@session_api.post("/accounts", status_code=201)
async def create_account(request: Request, body: AccountBody) -> FirstPassword:
    """Create an account in an organisation one manages; its first password is shown this once."""
    door = _door(request)
    session = await _manager(door, request)
    first, password_hash = await _first_password(door)
    async with door.work_of(session, address_of(request)) as work:
        account = await service.create_account(
            work,
            cast("Cipher", request.app.state.cipher),
            AccountDraft(
                login=body.login,
                display_name=body.display_name,
                organisation_id=body.organisation_id,
                phone=body.phone,
            ),
            password_hash=password_hash,
        )
        return FirstPassword(account=await _account(work, account), first_password=first)


@session_api.post("/accounts/{account_id}/reset-password")
async def reset_password(request: Request, account_id: UUID) -> FirstPassword:
    """Give an account a first password again; its sessions end."""
    door = _door(request)
    session = await _manager(door, request)
    first, password_hash = await _first_password(door)
    async with door.work_of(session, address_of(request)) as work:
        account = await service.reset_password(work, account_id, password_hash)
        return FirstPassword(account=await _account(work, account), first_password=first)


@api.post("/accounts/{account_id}/lock")
async def lock_account(work: CurrentWork, account_id: UUID) -> AccountView:
    """Close an account: its sessions and live pages end at once."""
    require(work, MANAGE)
    return await _account(work, await service.lock_account(work, account_id))


@api.post("/accounts/{account_id}/unlock")
async def unlock_account(work: CurrentWork, account_id: UUID) -> AccountView:
    """Open a locked account again, and forgive its wrong passwords."""
    require(work, MANAGE)
    return await _account(work, await service.unlock_account(work, account_id))


@api.post("/accounts/{account_id}/reset-second-factor")
async def reset_second_factor(work: CurrentWork, account_id: UUID) -> AccountView:
    """Take away somebody's lost second factor; their sessions end."""
    require(work, MANAGE)
    return await _account(work, await service.reset_second_factor(work, account_id))


@api.post("/accounts/{account_id}/leave")
async def note_leaving(work: CurrentWork, account_id: UUID, body: LeavingBody) -> AccountView:
    """Note that somebody leaves: all rights end, sessions end, open matters pass on."""
    require(work, MANAGE)
    await leaving.note_leaving(
        work,
        account_id,
        LeavingDraft(
            leaves_at=body.leaves_at or work.now,
            successor_id=body.successor_id,
            reason=body.reason,
        ),
    )
    return await _account(work, await service.account_of(work, account_id))


@api.delete("/accounts/{account_id}/leave")
async def take_back_leaving(work: CurrentWork, account_id: UUID) -> AccountView:
    """They stay after all; 404 when they have left already."""
    require(work, MANAGE)
    await leaving.take_back_leaving(work, account_id)
    return await _account(work, await service.account_of(work, account_id))


# ── programs' keys ──


@api.get("/keys")
async def list_keys(work: CurrentWork) -> tuple[KeyView, ...]:
    """The keys of programs' accounts one manages, newest first. Needs `manage_accounts`."""
    require(work, MANAGE)
    return tuple(_key(key) for key in await keys.list_keys(work))


@api.get("/accounts/{account_id}/key-rights")
async def list_key_rights(work: CurrentWork, account_id: UUID) -> tuple[Permission, ...]:
    """What a key of this account could be given: what it holds, but what takes a person."""
    require(work, MANAGE)
    return await keys.rights_of_programs(work, account_id)


@api.post("/accounts/{account_id}/keys", status_code=201)
async def make_key(
    work: CurrentWork, response: Response, account_id: UUID, body: KeyBody
) -> NewKeyView:
    """Make a key with which a program acts as this account; its secret is shown this once."""
    require(work, MANAGE)
    key, secret = await keys.make_key(
        work,
        account_id,
        ApiKeyDraft(
            title=body.title,
            permissions=frozenset(body.permissions),
            expires_at=body.expires_at,
            per_minute=body.per_minute,
        ),
    )
    response.headers[SHOWN_ONCE] = "1"
    return NewKeyView(key=_key(key), secret=secret)


@api.delete("/keys/{key_id}")
async def revoke_key(work: CurrentWork, key_id: UUID) -> KeyView:
    """Take a key back; the next request with it is refused."""
    require(work, MANAGE)
    return _key(await keys.revoke_key(work, key_id))


# ── grants and roles ──


@api.post("/accounts/{account_id}/grants", status_code=201)
async def grant_role(work: CurrentWork, account_id: UUID, body: GrantBody) -> GrantView:
    """Give an account a role over an organisation, a company or an estate."""
    require(work, MANAGE)
    grant = await service.grant_role(
        work,
        account_id,
        GrantDraft(
            role=body.role,
            target_kind=body.target_kind,
            target_id=body.target_id,
            valid_from=body.valid_from or work.now,
            valid_to=body.valid_to,
            basis=body.basis,
        ),
    )
    return _grant(grant)


@api.delete("/grants/{grant_id}")
async def revoke_grant(work: CurrentWork, grant_id: UUID) -> GrantView:
    """Take a grant back; answers what it was."""
    require(work, MANAGE)
    return _grant(await service.revoke_grant(work, grant_id))


@api.get("/roles")
async def list_roles(work: CurrentWork) -> tuple[RoleView, ...]:
    """All roles; `may_hand_out` marks those the signed-in account may give to others."""
    account_id = work.scope.account_id
    held = await store.standing(work.connection, account_id, work.now) if account_id else ()
    mine = frozenset(role for grant in held for role in policy.ROLES[grant.role].hands_out)
    return tuple(
        RoleView(
            code=code,
            title=rule.title,
            permissions=_in_order(rule.permissions),
            target_kinds=tuple(kind for kind in TargetKind if kind in rule.targets),
            organisation_kinds=tuple(
                kind for kind in OrganisationKind if kind in rule.organisation_kinds
            ),
            may_hand_out=code in mine,
        )
        for code, rule in policy.ROLES.items()
    )


# ── inside ──


def _cipher(request: Request) -> Cipher:
    return cast("Cipher", request.app.state.cipher)


def _provider(request: Request) -> IdentityProvider | None:
    return cast("IdentityProvider | None", request.app.state.identity_provider)


def _provider_here(request: Request) -> IdentityProvider:
    provider = _provider(request)
    if provider is None:
        raise NotFound("没有接入统一身份认证，请用登录名和密码登录")
    return provider


def _errand_ends(request: Request) -> datetime:
    return _door(request).now() + errands.LONGEST


def _send_out(request: Request, response: Response, errand: Errand) -> None:
    response.set_cookie(
        errands.COOKIE,
        errands.sealed(_cipher(request), errand),
        max_age=int(errands.LONGEST.total_seconds()),
        path=errands.PATH,
        secure=_door(request).settings.secure,
        httponly=True,
        samesite="lax",
    )


def _home(page: str, outcome: str | None, *, back: str = "/") -> Response:
    """Go on to a page of ours; the errand is over."""
    query = {"openid": outcome} if outcome else {}
    if outcome and back != "/":
        query["next"] = back
    response = RedirectResponse(f"{page}?{urlencode(query)}" if query else page, status_code=303)
    response.headers["Cache-Control"] = "no-store"
    response.delete_cookie(errands.COOKIE, path=errands.PATH)
    return response


def _door(request: Request) -> SessionDoor:
    return cast("SessionDoor", request.app.state.door)


async def _manager(door: SessionDoor, request: Request) -> OpenSession:
    # Before a password is hashed, which is dear.
    session = await door.session_of(request)
    if not session.scope.may_anywhere(MANAGE):
        raise Forbidden
    return session


async def _first_password(door: SessionDoor) -> tuple[str, str]:
    first = policy.first_password(secrets.randbelow)
    return first, await door.passwords.hashed(first)


def _set_cookies(response: Response, door: SessionDoor, session: OpenSession) -> None:
    seconds = int(LONGEST.total_seconds())
    secure = door.settings.secure
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    response.set_cookie(
        CSRF_COOKIE, session.csrf, max_age=seconds, path="/", secure=secure, samesite="strict"
    )


def _clear_cookies(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    response.delete_cookie(CSRF_COOKIE, path="/", samesite="strict")


async def _me(work: Work, door: SessionDoor, session: OpenSession) -> Me:
    account = await service.account_of(work, session.account_id)
    held = (await service.grants_of(work, [account.id]))[account.id]
    current = [grant for grant in held if _began(grant, work.now)]
    organisations = await organisations_named(work, [account.organisation_id])
    scope = session.scope
    permissions = set(scope.permissions()) | set(scope.incidents)
    if not door.settings.demo:
        permissions.discard(Permission.RUN_DEMO)
    organisation = organisations.get(account.organisation_id)
    factor = await state_of(work, account.id)
    return Me(
        account=OwnAccount(
            id=account.id,
            login=account.login,
            display_name=account.display_name,
            phone_masked=account.phone_masked,
            must_change_password=account.must_change_password,
        ),
        grants=tuple(_grant(grant) for grant in current),
        permissions=_in_order(Permission(code) for code in permissions),
        home=policy.home_of(grant.role for grant in current),
        organisation=(
            OrganisationBrief(id=organisation.id, title=organisation.title, kind=organisation.kind)
            if organisation
            else None
        ),
        csrf=session.csrf,
        demo=door.settings.demo,
        installation_title=door.settings.installation_title,
        second_factor=SecondFactorView(
            enrolled=factor.enrolled,
            required=session.factor_required,
            codes_left=factor.codes_left,
        ),
        terminal=session.seat.title if session.seat else None,
        training=organisation is not None and organisation.training,
    )


def _began(grant: Grant, at: datetime) -> bool:
    return grant.valid_from <= at


async def _account(work: Work, account: Account) -> AccountView:
    return (await _accounts(work, [account]))[0]


async def _accounts(work: Work, accounts: Sequence[Account]) -> tuple[AccountView, ...]:
    grants = await service.grants_of(work, [account.id for account in accounts])
    enrolled = await enrolled_among(work, [account.id for account in accounts])
    going = await store.leavings(work.connection, [account.id for account in accounts])
    organisations = await organisations_named(
        work, {account.organisation_id for account in accounts}
    )
    briefs = {
        found.id: OrganisationBrief(id=found.id, title=found.title, kind=found.kind)
        for found in organisations.values()
    }
    return tuple(
        AccountView(
            id=account.id,
            login=account.login,
            display_name=account.display_name,
            phone_masked=account.phone_masked,
            organisation=briefs.get(account.organisation_id),
            grants=tuple(_grant(grant) for grant in grants[account.id]),
            state=account.state,
            must_change_password=account.must_change_password,
            second_factor=account.id in enrolled,
            leaving=_leaving(going[account.id]) if account.id in going else None,
            last_signed_in_at=account.last_signed_in_at,
        )
        for account in accounts
    )


def _key(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        account_id=key.account_id,
        account_name=key.account_name,
        title=key.title,
        head=key.head,
        permissions=_in_order(key.permissions),
        per_minute=key.per_minute,
        made_by=key.made_by,
        made_at=key.made_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
        last_address=key.last_address,
    )


def _leaving(leaving: Leaving) -> LeavingView:
    return LeavingView(
        leaves_at=leaving.leaves_at,
        successor_id=leaving.successor_id,
        successor_name=leaving.successor_name,
        reason=leaving.reason,
        noted_by=leaving.noted_by,
    )


def _grant(grant: Grant) -> GrantView:
    return GrantView(
        id=grant.id,
        role=grant.role,
        role_title=policy.ROLES[grant.role].title,
        target_kind=grant.target_kind,
        target_id=grant.target_id,
        target_title=grant.target_title,
        valid_from=grant.valid_from,
        valid_to=grant.valid_to,
        basis=grant.basis,
    )


def _in_order(permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    held = frozenset(permissions)
    return tuple(permission for permission in Permission if permission in held)
