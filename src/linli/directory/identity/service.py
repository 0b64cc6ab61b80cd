"""Verbs of identity. Nobody gives what they could not hand out, and nobody touches themselves.

linli's own work (set-up, the worker) passes the guards: it has no session.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli.directory.identity import policy, store
from linli.directory.identity.contracts import (
    Account,
    AccountDraft,
    AccountState,
    Grant,
    GrantDraft,
    Invitation,
    Permission,
    Role,
    Staff,
    TargetKind,
)
from linli.directory.identity.events import GrantChanged, SessionEnded
from linli.directory.openid.public import unlink_all
from linli.directory.organisation.contracts import OrganisationKind
from linli.directory.organisation.public import (
    companies_of,
    organisation_of,
    organisations_above,
    organisations_named,
    same_world,
)
from linli.directory.places.public import estate_of
from linli.directory.second_factor.public import remove_factor
from linli.directory.terminals.public import remove_pin
from linli.kernel.deadlines import Deadline, set_deadline
from linli.kernel.errors import BadInput, Forbidden, IllegalMove, NotFound
from linli.kernel.scope import MACHINE, Scope
from linli.kernel.work import Work
from linli.support.audit.contracts import Action
from linli.support.audit.public import record
from linli.support.sealing.ports import Cipher
from linli.support.sealing.public import masked_phone

GRANT_TURNS = "identity.grant_turns"


class LoginTaken(BadInput):
    code = "login_taken"
    text = "这个登录名已经被使用"


class NotYourself(Forbidden):
    code = "not_yourself"
    text = "不能对自己的账号做这个操作，请由其他管理员办理"


class BeyondYourScope(Forbidden):
    code = "beyond_your_scope"
    text = "这项权限超出了您能授予或收回的范围"


class LastAdministrator(IllegalMove):
    code = "last_administrator"
    text = "这是最后一位系统管理员，请先指定另一位"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account may reach now, by which grants, and when that changes by itself."""

    scope: Scope
    held: tuple[policy.Held, ...]
    changes_at: datetime | None


# ── resolving ──


async def standing_of(work: Work, account_id: UUID) -> Standing:
    """The standing of an account at `work.now`; needs no scope."""
    version = await store.scope_version(work.connection, account_id)
    held = await store.standing(work.connection, account_id, work.now)
    return Standing(
        scope=policy.scope_of(account_id, version, held),
        held=held,
        changes_at=await store.next_change(work.connection, account_id, work.now),
    )


async def resolve_scope(work: Work, account_id: UUID) -> Scope:
    """What an account may reach at `work.now`: nothing when it is locked or has no grant."""
    return (await standing_of(work, account_id)).scope


async def staff_of(
    work: Work, organisation_id: UUID, estate_id: UUID, permission: str
) -> tuple[Staff, ...]:
    """Active people of an organisation whose grants give them `permission` on this estate."""
    wanted = Permission(permission)
    return await _staff(
        work,
        organisation_id,
        lambda held: (
            estate_id in held.estates
            and wanted
            in policy.carried(policy.ROLES[held.role].permissions, held.estates[estate_id])
        ),
    )


async def holders(work: Work, organisation_id: UUID, permission: str) -> tuple[Staff, ...]:
    """Active people of an organisation who hold `permission` over the organisation itself."""
    wanted = Permission(permission)
    return await _staff(
        work,
        organisation_id,
        lambda held: (
            organisation_id in held.organisations and wanted in policy.ROLES[held.role].permissions
        ),
    )


async def holders_everywhere(
    work: Work, needs: Collection[str], estate_ids: Collection[UUID]
) -> tuple[UUID, ...]:
    """Accounts that hold every one of these permissions on every one of these estates."""
    if not needs or not estate_ids:
        return ()
    wanted = frozenset(estate_ids)
    one = min(wanted)
    near = (*await organisations_above(work, one), *await companies_of(work, one))
    asked = {
        row.account_id
        for organisation in near
        for row in await store.staff(work.connection, organisation.id, work.now)
    }
    found: list[UUID] = []
    for account_id in sorted(asked):
        scope = await resolve_scope(work, account_id)
        if all(wanted <= scope.estates_for(need) for need in needs):
            found.append(account_id)
    return tuple(found)


async def names_of(work: Work, account_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The display names of accounts, whoever asks: colleagues know each other's names."""
    return await store.names(work.connection, set(account_ids))


async def phones_of(work: Work, cipher: Cipher, account_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The phone numbers of accounts, for sending; only linli's own work sees all of them."""
    sealed = await store.phones(work.connection, set(account_ids))
    return {
        account_id: cipher.open(phone, binding=store.PHONE) for account_id, phone in sealed.items()
    }


# ── accounts ──


async def create_account(
    work: Work,
    cipher: Cipher,
    draft: AccountDraft,
    *,
    password_hash: str,
    must_change: bool = True,
) -> Account:
    """Create an account without any grant.

    Raises:
        Forbidden: the actor does not manage accounts of the organisation.
        NotFound: the organisation is absent or out of sight.
        BadLogin, LoginTaken: the login cannot be used.
    """
    login = policy.login_given(draft.login)
    organisation = await organisation_of(work, draft.organisation_id)
    _may_manage_accounts(work, organisation.id)
    if await store.find_login(work.connection, login) is not None:
        raise LoginTaken(field="login")
    phone = "".join(c for c in draft.phone if c.isdigit()) if draft.phone else None
    account = Account(
        id=work.new_id(),
        login=login,
        display_name=draft.display_name.strip(),
        organisation_id=organisation.id,
        phone_masked=masked_phone(phone) if phone else None,
        state=AccountState.ACTIVE,
        must_change_password=must_change,
        last_signed_in_at=None,
    )
    new = store.NewAccount(
        account=account,
        phone_sealed=cipher.seal(phone, binding=store.PHONE) if phone else None,
        password_hash=password_hash,
    )
    if not await store.add_account(work.connection, new, work.now):
        raise LoginTaken(field="login")
    await _record(work, Action.ACCOUNT_CREATED, account)
    return account


async def account_of(work: Work, account_id: UUID) -> Account:
    """The account.

    Raises:
        NotFound: absent, or out of sight.
    """
    found = await store.account(work.connection, account_id)
    if found is None:
        raise NotFound
    return found


async def lock_account(work: Work, account_id: UUID) -> Account:
    """Close an account: its sessions end at once.

    Raises:
        NotYourself, BeyondYourScope, LastAdministrator, NotFound.
    """
    account = await controlled(work, account_id)
    if account.state is not AccountState.ACTIVE:
        raise IllegalMove("这个账号已经停用")
    for grant in await store.grants(work.connection, [account_id], work.now):
        await leaves_an_administrator(work, grant)
    await store.set_state(work.connection, account_id, AccountState.LOCKED)
    await end_everything(work, account_id)
    await _record(work, Action.ACCOUNT_LOCKED, account)
    return await account_of(work, account_id)


async def unlock_account(work: Work, account_id: UUID) -> Account:
    """Open a locked account again, and forgive its wrong passwords.

    Raises:
        NotYourself, BeyondYourScope, NotFound.
        IllegalMove: its owner has left; leaving is final.
    """
    account = await controlled(work, account_id)
    if account.state is AccountState.LEFT:
        raise IllegalMove("离职账号不能恢复，请新建账号")
    await store.set_state(work.connection, account_id, AccountState.ACTIVE)
    await _forgive(work, account.login)
    work.outbox.add(_grant_changed(work, account_id))
    await _record(work, Action.ACCOUNT_UNLOCKED, account)
    return await account_of(work, account_id)


async def reset_password(work: Work, account_id: UUID, password_hash: str) -> Account:
    """Give an account a first password again; its sessions end at once.

    Raises:
        NotYourself, BeyondYourScope, NotFound.
    """
    account = await controlled(work, account_id)
    await store.set_password(
        work.connection, account_id, password_hash, must_change=True, at=work.now
    )
    # Whoever had taken the account over may have linked an identity of theirs.
    await unlink_all(work, account_id)
    await remove_pin(work, account_id)
    await _forgive(work, account.login)
    await end_everything(work, account_id)
    await _record(work, Action.PASSWORD_RESET, account)
    return await account_of(work, account_id)


async def reset_second_factor(work: Work, account_id: UUID) -> Account:
    """Take away a lost second factor; the account's sessions end at once.

    Raises:
        NotYourself, BeyondYourScope, NotFound.
        IllegalMove: there is none.
    """
    account = await controlled(work, account_id)
    if not await remove_factor(work, account_id):
        raise IllegalMove("这个账号没有启用动态验证码")
    await _forgive(work, account.login)
    await end_everything(work, account_id)
    await _record(work, Action.SECOND_FACTOR_RESET, account)
    return account


# ── grants ──


async def grant_role(work: Work, account_id: UUID, draft: GrantDraft) -> Grant:
    """Give an account a role over a target.

    Raises:
        NotFound: account or target is absent or out of sight.
        NotYourself: nobody grants to themselves.
        BeyondYourScope: the actor could not hand out this role over this target.
        WrongTarget, WrongPeriod, NotTheirCompany: the draft makes no sense.
        TrainingApart: the account is for training and the target is real, or the other way.
    """
    account = await account_of(work, account_id)
    _not_yourself(work, account_id)
    _may_manage_accounts(work, account.organisation_id)
    target = await _target(work, draft)
    policy.fits(draft.role, target)
    await _same_world(work, account, draft)
    _period(draft, work.now, must_end=policy.ROLES[draft.role].must_end)
    if target.kind is TargetKind.COMPANY:
        employer = await organisation_of(work, account.organisation_id)
        if target.id not in employer.path:
            raise policy.NotTheirCompany(field="target_id")
    await _may_hand_out(work, draft.role, target.kind, target.id)
    return await _give(work, account, draft, target)


async def invite_to_incident(work: Work, invitation: Invitation) -> Grant:
    """Let somebody from outside help with one incident; the grant ends by itself.

    Raises:
        Forbidden: the actor does not dispatch on the incident's estate.
        NotFound: the account does not exist.
        WrongPeriod: the end lies in the past.
    """
    if not _own_work(work) and not work.scope.may(Permission.DISPATCH_ORDERS, invitation.estate_id):
        raise Forbidden
    names = await names_of(work, [invitation.account_id])
    if invitation.account_id not in names:
        raise NotFound
    _not_yourself(work, invitation.account_id)
    if invitation.valid_to <= work.now:
        raise policy.WrongPeriod(field="valid_to")
    grant = Grant(
        id=work.new_id(),
        account_id=invitation.account_id,
        role=Role.INVITED_HELPER,
        target_kind=TargetKind.INCIDENT,
        target_id=invitation.incident_id,
        target_title=invitation.incident_title,
        valid_from=work.now,
        valid_to=invitation.valid_to,
        basis=invitation.basis,
    )
    if not await store.invite(
        work.connection, grant, estate_id=invitation.estate_id, granted_by=work.actor.account_id
    ):
        raise Forbidden
    await _when_it_turns(work, grant)
    work.outbox.add(_grant_changed(work, grant.account_id))
    await record(
        work,
        action=Action.GRANT_GIVEN,
        subject_kind="account",
        subject_id=grant.account_id,
        subject_title=names[grant.account_id],
        reason=_said(grant),
        estate_id=invitation.estate_id,
    )
    return grant


async def revoke_grant(work: Work, grant_id: UUID) -> Grant:
    """Take a grant back; open pages of the account notice at once.

    Raises:
        NotFound: absent, revoked already, or out of sight.
        NotYourself, BeyondYourScope, LastAdministrator.
    """
    grant = await store.grant(work.connection, grant_id)
    if grant is None:
        raise NotFound
    account = await account_of(work, grant.account_id)
    _not_yourself(work, grant.account_id)
    await _may_hand_out(work, grant.role, grant.target_kind, grant.target_id)
    await leaves_an_administrator(work, grant)
    await store.revoke(work.connection, grant_id, revoked_by=work.actor.account_id, at=work.now)
    work.outbox.add(_grant_changed(work, grant.account_id))
    await _record(work, Action.GRANT_REVOKED, account, reason=_said(grant))
    return grant


async def grants_of(work: Work, account_ids: Iterable[UUID]) -> Mapping[UUID, tuple[Grant, ...]]:
    """The grants of accounts that are not over, future ones too, by account."""
    wanted = set(account_ids)
    by_account: dict[UUID, list[Grant]] = {account_id: [] for account_id in wanted}
    for grant in await store.grants(work.connection, wanted, work.now):
        by_account[grant.account_id].append(grant)
    return {account_id: tuple(grants) for account_id, grants in by_account.items()}


async def company_changed(work: Work, company_id: UUID) -> None:
    """A company's contracts are others than before: its people's pages look again."""
    for account_id in await store.accounts_of_company(work.connection, company_id):
        work.outbox.add(_grant_changed(work, account_id))


def grant_turned(work: Work, account_id: UUID) -> None:
    """A grant has begun or ended by the clock."""
    work.outbox.add(_grant_changed(work, account_id))


# ── inside, also for leaving ──


async def _give(work: Work, account: Account, draft: GrantDraft, target: policy.Target) -> Grant:
    grant = Grant(
        id=work.new_id(),
        account_id=account.id,
        role=draft.role,
        target_kind=target.kind,
        target_id=target.id,
        target_title=target.title,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        basis=draft.basis.strip(),
    )
    await store.add_grant(work.connection, grant, granted_by=work.actor.account_id, now=work.now)
    await _when_it_turns(work, grant)
    work.outbox.add(_grant_changed(work, account.id))
    await _record(work, Action.GRANT_GIVEN, account, reason=_said(grant))
    return grant


async def _when_it_turns(work: Work, grant: Grant) -> None:
    for detail, moment in (("begins", grant.valid_from), ("ends", grant.valid_to)):
        if moment is not None and moment > work.now:
            await set_deadline(
                work,
                Deadline(
                    kind=GRANT_TURNS,
                    subject_id=grant.id,
                    due_at=moment,
                    detail=detail,
                    context={"account_id": str(grant.account_id)},
                ),
            )


async def _target(work: Work, draft: GrantDraft) -> policy.Target:
    if draft.target_kind is TargetKind.ESTATE:
        estate = await estate_of(work, draft.target_id)
        return policy.Target(TargetKind.ESTATE, estate.id, estate.title)
    if draft.target_kind in {TargetKind.ORGANISATION, TargetKind.COMPANY}:
        organisation = await organisation_of(work, draft.target_id)
        is_company = organisation.kind is OrganisationKind.COMPANY
        if is_company is not (draft.target_kind is TargetKind.COMPANY):
            raise policy.WrongTarget(field="target_kind")
        return policy.Target(
            draft.target_kind, organisation.id, organisation.title, organisation.kind
        )
    raise policy.WrongTarget(field="target_kind", remedy="协助单位请在事件页面邀请")


async def _same_world(work: Work, account: Account, draft: GrantDraft) -> None:
    """Nobody practises on real estates, and nobody real is put on those for training."""
    if draft.target_kind is TargetKind.ESTATE:
        target_id = (await estate_of(work, draft.target_id)).community_id
    else:
        target_id = draft.target_id
    found = await organisations_named(work, [account.organisation_id, target_id])
    if account.organisation_id in found and target_id in found:
        same_world(found[account.organisation_id], found[target_id], "target_id")


def _period(draft: GrantDraft, now: datetime, *, must_end: bool) -> None:
    if not draft.basis.strip():
        raise BadInput("请写明授权依据", field="basis")
    if draft.valid_to is None:
        if must_end:
            raise policy.WrongPeriod("这个角色必须写明结束时间", field="valid_to")
        return
    if draft.valid_to <= max(draft.valid_from, now):
        raise policy.WrongPeriod(field="valid_to")


async def controlled(work: Work, account_id: UUID) -> Account:
    """The account, locked, once it is sure that the actor may hand out everything it holds."""
    account = await account_of(work, account_id)
    _not_yourself(work, account_id)
    _may_manage_accounts(work, account.organisation_id)
    await store.lock_account(work.connection, account_id)
    if _own_work(work):
        return account
    held = await _held_by_actor(work)
    for grant in await store.grants(work.connection, [account_id], work.now):
        if grant.target_kind is TargetKind.INCIDENT:
            continue
        if not policy.may_hand_out(held, grant.role, grant.target_kind, grant.target_id):
            raise BeyondYourScope
    return account


async def _may_hand_out(work: Work, role: Role, kind: TargetKind, target_id: UUID) -> None:
    if _own_work(work):
        return
    if not policy.may_hand_out(await _held_by_actor(work), role, kind, target_id):
        raise BeyondYourScope


async def _held_by_actor(work: Work) -> tuple[policy.Held, ...]:
    if work.actor.account_id is None:
        raise Forbidden
    return await store.standing(work.connection, work.actor.account_id, work.now)


async def leaves_an_administrator(work: Work, grant: Grant) -> None:
    if grant.role is not Role.ADMINISTRATOR:
        return
    left = await store.administrators(work.connection, grant.target_id, work.now)
    if not left - {grant.account_id}:
        raise LastAdministrator


async def end_everything(work: Work, account_id: UUID) -> None:
    await store.end_sessions(work.connection, account_id, work.now)
    work.outbox.add(
        SessionEnded(estate_id=None, happened_at=work.now, account_id=account_id, session_id=None)
    )
    work.outbox.add(_grant_changed(work, account_id))


async def _forgive(work: Work, login: str) -> None:
    await store.set_tries(work.connection, policy.Tries(subject=policy.login_subject(login)))


def _own_work(work: Work) -> bool:
    return work.actor.kind == MACHINE.kind


def _may_manage_accounts(work: Work, organisation_id: UUID) -> None:
    if _own_work(work):
        return
    if organisation_id not in work.scope.organisations_for(Permission.MANAGE_ACCOUNTS):
        raise Forbidden


def _not_yourself(work: Work, account_id: UUID) -> None:
    if work.actor.account_id == account_id:
        raise NotYourself


def _grant_changed(work: Work, account_id: UUID) -> GrantChanged:
    return GrantChanged(estate_id=None, happened_at=work.now, account_id=account_id)


def _said(grant: Grant) -> str:
    return f"{policy.ROLES[grant.role].title} · {grant.target_title} · {grant.basis}"


async def _staff(
    work: Work, organisation_id: UUID, fits: Callable[[policy.Held], bool]
) -> tuple[Staff, ...]:
    found: dict[UUID, Staff] = {}
    for row in await store.staff(work.connection, organisation_id, work.now):
        if row.account_id in found or not fits(row.held):
            continue
        found[row.account_id] = Staff(
            account_id=row.account_id,
            display_name=row.display_name,
            phone_masked=row.phone_masked,
            role=row.held.role,
            role_title=policy.ROLES[row.held.role].title,
            organisation_id=organisation_id,
        )
    return tuple(found.values())


async def _record(
    work: Work, action: Action, account: Account, *, reason: str | None = None
) -> None:
    await record(
        work,
        action=action,
        subject_kind="account",
        subject_id=account.id,
        subject_title=f"{account.display_name}（{account.login}）",
        reason=reason,
    )
