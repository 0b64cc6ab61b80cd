"""The door of sealing: `AesGcmCipher(Keys.of(key))` fills the `Cipher` port.

Keys are 32 random bytes from the installation's settings; they belong in every backup.
"""

from linli.support.sealing.policy import masked_phone
from linli.support.sealing.service import AesGcmCipher

__all__ = ["AesGcmCipher", "masked_phone"]
