"""Drivers over HTTP: which there are, what for, what may be set, and how a device is set up."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.web import CurrentWork, require, router
from linli.sensing.drivers.contracts import Manifest, Setting, SettingForm
from linli.sensing.drivers.public import all_drivers

api = router("/api/drivers", tag="devices")


class Shape(BaseModel):
    """A frozen wire shape."""

    model_config = ConfigDict(frozen=True)


class SettingShape(Shape):
    """One thing an installer may set. `low` and `high` bound an integer, `longest` a text.

    `choices` are the words that may stand after the equals sign of a line; empty: any.
    """

    code: str
    title: str
    help: str
    default: str
    form: SettingForm
    low: int | None
    high: int | None
    longest: int
    choices: tuple[str, ...]


class DriverShape(Shape):
    """A way in for devices of some make.

    `guide` says step by step what to enter into the device or gateway; `{host}`, `{port}`,
    `{username}`, `{token}`, `{mqtt_url}`, `{http_url}` and the codes of settings stand for what
    belongs to the connection. `topics` are where it publishes with default settings.
    """

    code: str
    title: str
    maker: str
    purpose: str
    source: str
    transport: str
    topics: tuple[str, ...]
    has_children: Annotated[bool, Field(description="能否作为网关，下面再挂设备")]
    acknowledges: bool
    settings: tuple[SettingShape, ...]
    guide: tuple[str, ...]


@api.get("")
async def list_drivers(work: CurrentWork) -> list[DriverShape]:
    """Every driver by its manifest, the native protocol first."""
    require(work, "see_devices")
    return [_driver(driver.manifest) for driver in all_drivers().values()]


def _driver(manifest: Manifest) -> DriverShape:
    return DriverShape(
        code=manifest.code,
        title=manifest.title,
        maker=manifest.maker,
        purpose=manifest.purpose,
        source=manifest.source,
        transport=manifest.transport,
        topics=manifest.topics,
        has_children=manifest.has_children,
        acknowledges=manifest.acknowledges,
        settings=tuple(_setting(setting) for setting in manifest.settings),
        guide=manifest.guide,
    )


def _setting(setting: Setting) -> SettingShape:
    return SettingShape(
        code=setting.code,
        title=setting.title,
        help=setting.help,
        default=setting.default,
        form=setting.form,
        low=setting.low,
        high=setting.high,
        longest=setting.longest,
        choices=setting.choices,
    )
