"""Accounts with the demo's password: looked for before anybody else can reach linli."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy import text

from linli.app.demo_exposure import exposed
from linli.app.engine.roles import connected
from linli.app.settings import Settings, is_loopback

KNOWN_PASSWORD = "linli-demo"  # noqa: S105 (known on purpose, and the reason of this module)
DEMO_LOGINS = ("admin", "xian", "jiedao", "shequ", "wangge", "wuye", "weixiu", "anbao")


async def refuse_known_passwords_beyond_loopback(settings: Settings, admin_url: str) -> None:
    """Refuse an installation that others can reach while an account has the demo's password.

    Raises:
        Problem: at least one account has.
    """
    if not is_loopback(settings.host) and await has_known_password(admin_url):
        raise exposed(settings.host)


async def has_known_password(admin_url: str) -> bool:
    """Say whether a demo account, or one of the first accounts, has the demo's password.

    Each look costs some 50 ms on purpose (argon2id), so it does not look at all.
    """
    hasher = PasswordHasher()
    async with connected(admin_url) as connection:
        hashes = await connection.execute(
            text(
                "SELECT password_hash FROM directory_account_password p"
                " JOIN directory_account a ON a.id = p.account_id WHERE a.state <> 'left'"
                " ORDER BY a.login = ANY(:demo) DESC, a.created_at LIMIT 24"
            ),
            {"demo": list(DEMO_LOGINS)},
        )
        return any(_matches(hasher, str(stored)) for stored in hashes.scalars())


def _matches(hasher: PasswordHasher, stored: str) -> bool:
    try:
        return hasher.verify(stored, KNOWN_PASSWORD)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
