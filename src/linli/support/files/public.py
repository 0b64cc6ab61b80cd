"""The door of files: keep, describe, attach and read them."""

from linli.support.files.photos import NotAPhoto, PhotoTooLarge
from linli.support.files.service import (
    ContentLost,
    DeviceEvidence,
    FileTooLarge,
    NoSuchFile,
    attach,
    describe,
    read,
    remove_expired,
    save_device_evidence,
    save_photo,
    set_hold,
)
from linli.support.files.vault import folder_vault, memory_vault, vault_at

__all__ = [
    "ContentLost",
    "DeviceEvidence",
    "FileTooLarge",
    "NoSuchFile",
    "NotAPhoto",
    "PhotoTooLarge",
    "attach",
    "describe",
    "folder_vault",
    "memory_vault",
    "read",
    "remove_expired",
    "save_device_evidence",
    "save_photo",
    "set_hold",
    "vault_at",
]
