"""Settings: flags, then environment (`LINLI_…`), then `<data folder>/linli.toml`, then defaults."""

import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, cast
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from linli.app.engine.postgres import Cluster
from linli.app.engine.urls import DATABASE, DatabaseUrls, database_of, on_database, urls_for
from linli.app.keys import Keys
from linli.app.problems import Problem
from linli.directory.identity.contracts import Role
from linli.support.approvals.contracts import MOST_ALONE
from linli.support.messaging.contracts import DEFAULT_TEMPLATE, Channel, parsed_template

PREFIX = "LINLI_"
FILE = "linli.toml"


class LogFormat(StrEnum):
    """How log lines are written."""

    CONSOLE = "console"
    JSON = "json"


def default_data_folder() -> Path:
    """Where data lie when nobody says: /var/lib/linli for root, else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/linli")
    home = os.environ.get("XDG_DATA_HOME")
    return Path(home) / "linli" if home else Path.home() / ".local" / "share" / "linli"


class Settings(BaseSettings):
    """Everything an operator may choose. Every process of an installation reads the same.

    Attributes:
        data: the data folder: database, files, keys, `linli.toml`.
        host: the address the pages, the MQTT doors and the device API listen on.
        port: of the pages and the API.
        mqtt_port: plain MQTT; 0 closes it. Likewise `mqtt_tls_port` and `mqtt_websocket_port`.
        public_url: how devices and browsers reach this installation, when not by host and port.
        tls_certificate: PEM file with the certificate chain; with `tls_key` pages come by HTTPS
            and MQTT over TLS opens.
        mqtt_tls_certificate: another certificate for MQTT; likewise `mqtt_tls_key`.
        database_url: an administrator's URL of a PostgreSQL (15 or newer) that is there already.
            None: linli runs its own.
        database_port: a fixed loopback port for linli's own PostgreSQL.
        database_durable: False makes linli's own PostgreSQL forget at a power cut; for tests.
        files_url: where evidence and photos are kept: a folder's path or `file://` URL, or
            `s3://bucket/prefix` of an S3-compatible store (keys and address from the usual `AWS_…`
            environment). None: `files` in the data folder.
        webhook_url: where SMS, voice and WeChat messages are sent; None: they go nowhere.
        webhook_secret: with what they are signed; needed with `webhook_url`.
        webhook_template: the JSON that is sent; see `docs/operations.md`.
        webhook_channels: which channels go there.
        proxies: networks whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`.
        hook_networks: private networks that subscriptions of other systems may send to, such as
            `10.0.0.0/8`; none: only the internet.
        second_factor_roles: whoever holds one of these roles reaches nothing until they have
            enrolled a second factor, such as `["administrator", "county_officer"]`.
        openid_issuer: a provider of identities (统一身份认证) that speaks OpenID Connect; with
            `openid_client` and `openid_secret`, as what linli is registered there. The address to
            register is `<public_url>/api/session/openid/done`.
        openid_title: what people call it.
        retention: days by purpose (`{looks = 1500}`) where they are other than linli's; never fewer
            than a law demands. See `docs/operations.md`.
        most_alone: so many rows of personal data one person alone may take out or delete in one
            go; more needs the consent of a second person.
        demo: the demo estate with its known passwords; never beyond loopback.
        vision_connection: the code of the connection by which this machine's vision node speaks
            (a site gateway), with `vision_token` or a file that holds it; without them `linli up`
            runs no node outside a demo.
        vision_platform: where the node finds the platform; None: this installation. Likewise
            `vision_mqtt` (`mqtt://host:port` or `mqtts://…`).
        vision_folder: recordings and unsent evidence; None: `vision` in the data folder.
        vision_listen: `host:port` of the node's own door; port 0 takes a free one.
        vision_address: how the platform reaches that door, when not by `vision_listen`.
        vision_keep_free_gb: gigabytes that recordings leave free on their disk.
        vision_most_gb: recordings take no more; None: as much as the disk gives.
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True
    )

    data: Path = Field(default_factory=default_data_folder)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    mqtt_port: int = Field(default=1883, ge=0, le=65535)
    mqtt_tls_port: int = Field(default=8883, ge=0, le=65535)
    mqtt_websocket_port: int = Field(default=8083, ge=0, le=65535)
    public_url: str | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    mqtt_tls_certificate: Path | None = None
    mqtt_tls_key: Path | None = None
    database_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("database_url", "LINLI_DATABASE_URL", "DATABASE_URL"),
    )
    database_port: int | None = Field(default=None, ge=1, le=65535)
    database_durable: bool = True
    files_url: str | None = None
    webhook_url: str | None = Field(default=None, pattern="^https?://[^/]+")
    webhook_secret: str | None = Field(default=None, min_length=16, repr=False)
    webhook_template: str = DEFAULT_TEMPLATE
    webhook_channels: tuple[Channel, ...] = (Channel.SMS, Channel.PHONE, Channel.WECHAT)
    proxies: tuple[str, ...] = ()
    hook_networks: tuple[IPvAnyNetwork, ...] = ()
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    second_factor_roles: tuple[Role, ...] = ()
    openid_issuer: str | None = Field(default=None, pattern="^https?://[^/]+")
    openid_client: str | None = Field(default=None, min_length=1)
    openid_secret: SecretStr | None = Field(default=None, min_length=16)
    openid_title: str = Field(default="统一身份认证", min_length=1, max_length=20)
    retention: dict[str, int] = Field(default_factory=dict[str, int])
    most_alone: int = Field(default=MOST_ALONE, ge=1, le=100_000)
    demo: bool = False
    vision_platform: str | None = None
    vision_mqtt: str | None = None
    vision_connection: str | None = None
    vision_token: SecretStr | None = None
    vision_token_file: Path | None = None
    vision_folder: Path | None = None
    vision_listen: str = Field(default="127.0.0.1:0", pattern=r"^.+:\d{1,5}$")
    vision_address: str | None = None
    vision_keep_free_gb: float = Field(default=2.0, ge=0)
    vision_most_gb: float | None = Field(default=None, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the data folder's own file last."""
        del dotenv_settings, file_secret_settings
        data = init_settings().get("data") or env_settings().get("data") or default_data_folder()
        file = TomlConfigSettingsSource(settings_cls, Path(str(data)) / FILE)
        return init_settings, env_settings, file

    @model_validator(mode="after")
    def check_pairs(self) -> "Settings":
        """A certificate is of no use without its key."""
        for certificate, key in (
            (self.tls_certificate, self.tls_key),
            (self.mqtt_tls_certificate, self.mqtt_tls_key),
        ):
            if (certificate is None) != (key is None):
                raise ValueError("证书和私钥要一起给出 / certificate and key go together")
        return self

    @field_validator("files_url")
    @classmethod
    def check_files_url(cls, value: str | None) -> str | None:
        """A folder, or a kind of store that linli knows how to use."""
        if value is not None and "://" in value and not value.startswith(("file:///", "s3://")):
            raise ValueError("只能是文件夹路径、file:/// 或 s3:// / a folder, file:/// or s3://")
        return value

    @field_validator("webhook_template")
    @classmethod
    def check_template(cls, value: str) -> str:
        """What is sent must be JSON whatever the message says."""
        parsed_template(value)
        return value

    @model_validator(mode="after")
    def check_webhook(self) -> "Settings":
        """Nobody can tell who sent an unsigned message."""
        if self.webhook_url is not None and self.webhook_secret is None:
            raise ValueError("webhook_url 要和 webhook_secret 一起给出 / they go together")
        if Channel.IN_APP in self.webhook_channels:
            raise ValueError("站内消息不经过 webhook / in_app messages do not leave")
        return self

    @model_validator(mode="after")
    def check_openid(self) -> "Settings":
        """Who answers for identities is known whole, and nobody listens in between."""
        parts = (self.openid_issuer, self.openid_client, self.openid_secret)
        if any(parts) and not all(parts):
            raise ValueError(
                "openid_issuer、openid_client、openid_secret 要一起给出 / they go together"
            )
        issuer = urlsplit(self.openid_issuer or "https://")
        if issuer.scheme == "http" and not is_loopback(issuer.hostname or ""):
            raise ValueError("openid_issuer 必须是 https:// / it must be https")
        return self

    @property
    def embedded(self) -> bool:
        """Whether linli runs its own PostgreSQL."""
        return self.database_url is None

    def cluster(self, keys: Keys) -> Cluster:
        """Linli's own PostgreSQL in this data folder."""
        return Cluster(
            self.data,
            keys.admin_password,
            port=self.database_port,
            durable=self.database_durable,
        )

    @property
    def run_folder(self) -> Path:
        """What lives only as long as the processes do."""
        return self.data / "run"

    @property
    def files_folder(self) -> Path:
        """Evidence, photos, recordings, where they are kept in a folder."""
        if self.files_url is None or self.files_url.startswith("s3://"):
            return self.data / "files"
        return Path(self.files_url.removeprefix("file://")).expanduser().absolute()

    @property
    def files_store(self) -> str | None:
        """The URL of the S3-compatible store that keeps them instead, if any."""
        url = self.files_url
        return url if url is not None and url.startswith("s3://") else None

    @property
    def mqtt_certificate(self) -> tuple[Path, Path] | None:
        """Certificate and key of MQTT over TLS; the pages' own when it has none for itself."""
        if self.mqtt_tls_certificate is not None and self.mqtt_tls_key is not None:
            return self.mqtt_tls_certificate, self.mqtt_tls_key
        if self.tls_certificate is not None and self.tls_key is not None:
            return self.tls_certificate, self.tls_key
        return None

    @property
    def address(self) -> str:
        """Where a browser on this machine opens linli."""
        if self.public_url is not None:
            return self.public_url
        scheme = "http" if self.tls_certificate is None else "https"
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 (compared)
        shown = f"[{host}]" if ":" in host else host
        return f"{scheme}://{shown}:{self.port}"

    def as_environment(self) -> dict[str, str]:
        """The environment in which another process reads these same settings."""
        told: dict[str, str] = {}
        for name in type(self).model_fields:
            value: object = getattr(self, name)
            if value is None or value in ((), {}):
                continue
            if isinstance(value, tuple):
                each = cast("tuple[object, ...]", value)
                told[f"{PREFIX}{name.upper()}"] = json.dumps([str(one) for one in each])
            elif isinstance(value, dict):
                told[f"{PREFIX}{name.upper()}"] = json.dumps(value)
            elif isinstance(value, SecretStr):
                told[f"{PREFIX}{name.upper()}"] = value.get_secret_value()
            else:
                told[f"{PREFIX}{name.upper()}"] = str(value)
        return told


def load_settings(flags: Mapping[str, object] | None = None) -> Settings:
    """Read the settings; `flags` (those that were given) win over everything.

    Raises:
        Problem: a value makes no sense; the problem names it and where it may stand.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        settings = Settings(**given)  # pyright: ignore[reportArgumentType]  # checked by the model
    except tomllib.TOMLDecodeError as error:
        raise Problem(
            f"设置文件 {FILE} 写错了：{error}",
            f"{FILE} in the data folder cannot be read: {error}",
            remedy_chinese="按提示的行列改正",
            remedy_english="correct it at the line and column named",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        raise Problem(
            f"设置 {name} 不对：{first['msg']}",
            f"the setting {name} is wrong: {first['msg']}",
            remedy_chinese=f"改环境变量 {PREFIX}{name.upper()}，或数据文件夹里的 {FILE}",
            remedy_english=f"correct {PREFIX}{name.upper()} or {FILE} in the data folder",
        ) from error
    return settings.model_copy(update={"data": settings.data.expanduser().absolute()})


def database_urls(settings: Settings, keys: Keys) -> DatabaseUrls:
    """Where each role connects.

    Raises:
        Problem: linli's own PostgreSQL has never run in this data folder.
    """
    if settings.database_url is not None:
        database = database_of(settings.database_url)
        if database in {"", "postgres"}:
            database = DATABASE
        return urls_for(settings.database_url, keys.passwords, database)
    try:
        port = int((settings.data / "postgres.port").read_text())
    except (OSError, ValueError) as error:
        raise Problem(
            f"{settings.data} 里还没有运行过数据库",
            f"no database has run in {settings.data} yet",
            remedy_chinese="先执行 linli up（或 linli up --demo），或设置 DATABASE_URL",
            remedy_english="run linli up (or linli up --demo) first, or set DATABASE_URL",
        ) from error
    return urls_for(embedded_url(settings.database_port or port, keys), keys.passwords)


def embedded_url(port: int, keys: Keys) -> str:
    """The administrator's URL of linli's own PostgreSQL."""
    return on_database(f"postgresql://linli_admin:{keys.admin_password}@127.0.0.1:{port}", DATABASE)


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
