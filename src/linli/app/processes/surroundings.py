"""What processes of one installation share by its settings: clock, vault and carriers."""

from collections.abc import Mapping

from linli.app.demo.clock import DemoClock
from linli.app.keys import Keys
from linli.app.settings import Settings
from linli.kernel.time import Clock, SystemClock
from linli.support.files.ports import Vault
from linli.support.files.public import folder_vault
from linli.support.messaging.contracts import Channel
from linli.support.messaging.ports import Carrier
from linli.support.messaging.public import RecordingCarrier
from linli.support.sealing.contracts import Keys as SealingKeys
from linli.support.sealing.ports import Cipher
from linli.support.sealing.public import AesGcmCipher


def clock_of(settings: Settings) -> Clock:
    """The clock of this installation, one for each process: only a demo's can be moved ahead.

    The process keeps it in step with `linli.app.demo.clock.followed`.
    """
    return DemoClock() if settings.demo else SystemClock()


def vault_of(settings: Settings) -> Vault:
    """Where this installation keeps its files."""
    return folder_vault(settings.files_folder)


def carriers_of(settings: Settings) -> Mapping[Channel, Carrier]:
    """Who carries messages out of the house: in a demonstration nobody does, it only shows."""
    if not settings.demo:
        return {}
    return dict.fromkeys((Channel.SMS, Channel.PHONE, Channel.WECHAT), RecordingCarrier())


def cipher_of(keys: Keys) -> Cipher:
    """Opens and closes what is sealed in this installation's database."""
    sealing = SealingKeys(current=keys.current, keys=keys.master_keys, hashing=keys.hashing)
    return AesGcmCipher(sealing)
