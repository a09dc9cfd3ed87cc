"""Signatures of trained model files: they prove that this installation wrote the file and that it is unchanged.

A signature is an HMAC-SHA256 (RFC 2104) with a key that stays in its folder. Anyone who can read the key can sign; a
file from another installation can't be distinguished from a forged one and is not served.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from fasteners import InterProcessLock

from ml.registry.atomic_files import remove_unfinished, write_atomically
from shared.errors import ConfigError

KEY_BYTES = 32
SIGNATURE_BYTES = 32
IDENTITY_BYTES = 8


@dataclass(frozen=True)
class Key:
    """A signing key. Its bytes are never shown, neither in its repr nor in errors."""

    secret: bytes = field(repr=False)

    @property
    def identity(self) -> bytes:
        """Eight bytes that identify the key without revealing it."""
        return hashlib.sha256(b"identity of a key\0" + self.secret).digest()[:IDENTITY_BYTES]

    def sign(self, purpose: str, content: bytes | memoryview) -> bytes:
        """The 32 bytes of the signature of `content`. A signature made for one purpose is not valid for another."""
        signature = hmac.new(self.secret, purpose.encode() + b"\0", "sha256")
        signature.update(content)
        return signature.digest()

    def has_signed(self, purpose: str, content: bytes | memoryview, signature: bytes | memoryview) -> bool:
        """Whether `signature` was made with this key for exactly this content and purpose."""
        return hmac.compare_digest(self.sign(purpose, content), signature)


def key_of(folder: Path) -> Key:
    """The key in `folder`, created at first use; only the user who runs Tickstream can read it.

    Processes that request it at the same time get the same key. Raises ConfigError if it can't be read or is damaged.
    """
    path = folder / "key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with InterProcessLock(folder / "key.lock"):
            remove_unfinished(folder)
            if not path.exists():
                write_atomically(secrets.token_bytes(KEY_BYTES), path)
            secret = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"The key of trained models at {path} can't be used ({os.strerror(error.errno or 0)}): give the user that "
            "runs Tickstream read and write permission there."
        ) from error
    if len(secret) != KEY_BYTES:
        raise ConfigError(
            f"The key of trained models at {path} is damaged: delete it. Models are then trained again, because those "
            "signed with it are no longer served."
        )
    return Key(secret)
