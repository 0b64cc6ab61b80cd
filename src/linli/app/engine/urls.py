"""Names of the database's roles, and the URLs by which each connects."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlsplit, urlunsplit

ADMIN = "linli_admin"
DATABASE = "linli"


class Role(StrEnum):
    """Who connects."""

    OWNER = "linli_owner"
    APP = "linli_app"
    GATEWAY = "linli_gateway"


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of the three roles."""

    owner: str
    app: str
    gateway: str

    def of(self, role: Role) -> str:
        return {Role.OWNER: self.owner, Role.APP: self.app, Role.GATEWAY: self.gateway}[role]


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One `postgresql://` URL per role.

    `admin` is the URL that may create roles and databases; only set-up and backup use it.
    """

    admin: str
    owner: str
    app: str
    gateway: str

    @property
    def name(self) -> str:
        """The database's name."""
        return database_of(self.admin)


def plain(url: str) -> str:
    """Return the URL in the form PostgreSQL's own programs and asyncpg understand."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql"))


def for_sqlalchemy(url: str) -> str:
    """Return the URL in SQLAlchemy's form, with the asyncpg driver named."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="postgresql+asyncpg"))


def on_database(url: str, database: str) -> str:
    """Return the URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def database_of(url: str) -> str:
    """Return the name of the URL's database; empty when it names none."""
    return urlsplit(url).path.lstrip("/")


def as_role(url: str, role: Role, password: str) -> str:
    """Return the URL with another user and password."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role.value}:{quote(password)}@{address}"))


def urls_for(admin_url: str, passwords: Passwords, database: str = DATABASE) -> DatabaseUrls:
    """Derive every role's URL from the administrator's."""
    target = plain(on_database(admin_url, database))
    return DatabaseUrls(
        admin=target,
        owner=as_role(target, Role.OWNER, passwords.owner),
        app=as_role(target, Role.APP, passwords.app),
        gateway=as_role(target, Role.GATEWAY, passwords.gateway),
    )
