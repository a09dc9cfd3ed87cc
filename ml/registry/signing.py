"""Signatures under files of trained models: made by this installation, and unchanged since.

A signature is an HMAC-SHA256 (RFC 2104) with a key that never leaves its folder. Who can read the key can sign; a file
that came from elsewhere can't be told from a forged one, and is not served.
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
    """What signs. Its bytes are shown nowhere: not when printed, not in an error."""

    secret: bytes = field(repr=False)

    @property
    def identity(self) -> bytes:
        """Eight bytes that tell keys apart and give none away."""
        return hashlib.sha256(b"identity of a key\0" + self.secret).digest()[:IDENTITY_BYTES]

    def sign(self, purpose: str, content: bytes | memoryview) -> bytes:
        """The 32 bytes that go under `content`. A signature made for one purpose is worth nothing for another."""
        signature = hmac.new(self.secret, purpose.encode() + b"\0", "sha256")
        signature.update(content)
        return signature.digest()

    def has_signed(self, purpose: str, content: bytes | memoryview, signature: bytes | memoryview) -> bool:
        """Whether `signature` is this key's own under just this content, for this purpose."""
        return hmac.compare_digest(self.sign(purpose, content), signature)


def key_of(folder: Path) -> Key:
    """The key in `folder`, made at first use; only the user who runs Tickstream may read it.

    Processes that ask for it first at the same moment get the same one. Raises ConfigError where it can't be read or
    is damaged.
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
            f"The key of trained models at {path} can't be used ({os.strerror(error.errno or 0)}): give the user who "
            "runs Tickstream the right to read and write there."
        ) from error
    if len(secret) != KEY_BYTES:
        raise ConfigError(
            f"The key of trained models at {path} is damaged: delete it. Models are then trained anew, for what was "
            "signed with it is no longer served."
        )
    return Key(secret)
