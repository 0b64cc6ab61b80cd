"""What processes of one installation share by its settings: clock, vault and carriers."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from linli.app.assemble import purposes
from linli.app.demo.clock import DemoClock
from linli.app.keys import Keys
from linli.app.problems import Problem
from linli.app.settings import Settings
from linli.directory.identity.public import phones_of
from linli.kernel.time import Clock, SystemClock
from linli.kernel.work import Workshop
from linli.scenes.falling_objects.public import CalibratedFacades
from linli.sensing.vision.looking import VisionDoor
from linli.support.files.ports import Vault
from linli.support.files.public import folder_vault, vault_at
from linli.support.messaging.contracts import Channel, parsed_template
from linli.support.messaging.ports import Carrier
from linli.support.messaging.public import RecordingCarrier, Webhook, WebhookCarrier
from linli.support.retention.contracts import Term, TermTooShort
from linli.support.retention.public import terms_of
from linli.support.sealing.contracts import Keys as SealingKeys
from linli.support.sealing.ports import Cipher
from linli.support.sealing.public import AesGcmCipher
from linli.support.signing.ports import Signer
from linli.support.signing.public import Ed25519Signer

SIGNING = "linli signing"
VIEWING = "linli vision view"
LIVE = "linli vision live"


def held_terms(settings: Settings) -> tuple[Term, ...]:
    """How long what is kept about people is kept in this installation.

    Raises:
        Problem: a chosen term is shorter than the law's, or of no purpose there is.
    """
    try:
        return terms_of(purposes(), settings.retention)
    except TermTooShort as error:
        raise Problem(
            f"保存天数不对：{error}",
            f"a term of retention is wrong: {error}",
            remedy_chinese="改 LINLI_RETENTION，或 linli.toml 里的 retention",
            remedy_english="correct LINLI_RETENTION, or retention in linli.toml",
        ) from error


def clock_of(settings: Settings) -> Clock:
    """The clock of this installation, one for each process: only a demo's can be moved ahead.

    The process keeps it in step with `linli.app.demo.clock.followed`.
    """
    return DemoClock() if settings.demo else SystemClock()


def vault_of(settings: Settings) -> Vault:
    """Where this installation keeps its files."""
    store = settings.files_store
    return folder_vault(settings.files_folder) if store is None else vault_at(store)


@dataclass(frozen=True, slots=True)
class StaffNumbers:
    """The address book of carriers: accounts' numbers, opened at the moment of sending."""

    workshop: Workshop
    cipher: Cipher

    async def number_of(self, account_id: UUID) -> str | None:
        async with self.workshop.work() as work:
            return (await phones_of(work, self.cipher, [account_id])).get(account_id)


def carriers_of(settings: Settings, keys: Keys, workshop: Workshop) -> Mapping[Channel, Carrier]:
    """Who carries messages out of the house: in a demonstration nobody does, it only shows."""
    if settings.demo:
        return dict.fromkeys((Channel.SMS, Channel.PHONE, Channel.WECHAT), RecordingCarrier())
    if settings.webhook_url is None or settings.webhook_secret is None:
        return {}
    hook = Webhook(
        url=settings.webhook_url,
        secret=settings.webhook_secret,
        template=parsed_template(settings.webhook_template),
    )
    carrier = WebhookCarrier(hook, StaffNumbers(workshop, cipher_of(keys)), SystemClock().now)
    return dict.fromkeys(settings.webhook_channels, carrier)


def signer_of(keys: Keys) -> Signer:
    """Signs what leaves this installation; keys of old master keys stay published."""
    seeds = {number: keys.derived_of(number, SIGNING) for number in keys.master_keys}
    return Ed25519Signer(seeds, current=keys.current)


def vision_of(keys: Keys, workshop: Workshop) -> VisionDoor:
    """What serves nodes, and those who look through them; `workshop` is linli's own."""

    def view_key(node_id: UUID) -> bytes:
        return hmac.digest(keys.derived(VIEWING), node_id.bytes, hashlib.sha256)

    return VisionDoor(
        workshop=workshop,
        cipher=cipher_of(keys),
        facades=CalibratedFacades(),
        view_key=view_key,
        live_key=keys.derived(LIVE),
    )


def cipher_of(keys: Keys) -> Cipher:
    """Opens and closes what is sealed in this installation's database."""
    return AesGcmCipher(sealing_keys(keys))


def sealing_keys(keys: Keys) -> SealingKeys:
    """The keys of what is sealed, as another process needs them."""
    return SealingKeys(current=keys.current, keys=keys.master_keys, hashing=keys.hashing)
