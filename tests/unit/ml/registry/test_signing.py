"""The signing key of model files, and their signatures."""

import hashlib
import hmac
import os
import traceback
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from ml.registry.signing import KEY_BYTES, Key, key_of
from shared.errors import ConfigError


def test_the_key_is_made_once_and_for_its_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "not there" / "yet"
    first = key_of(folder)
    assert key_of(folder) == first
    assert len(first.secret) == KEY_BYTES
    if os.name == "posix":
        assert (folder / "key").stat().st_mode & 0o777 == 0o600
    assert key_of(tmp_path / "other") != first


def test_processes_that_need_the_first_key_at_once_get_the_same(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        keys = set(pool.map(key_of, [tmp_path / "models"] * 12))
    assert len(keys) == 1


def test_a_key_that_was_half_written_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "abc.part").write_bytes(b"half")
    key = key_of(tmp_path)
    assert len(key.secret) == KEY_BYTES
    assert not (tmp_path / "abc.part").exists()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_damaged_key_is_reported_without_its_bytes(tmp_path: Path, size: int) -> None:
    (tmp_path / "key").write_bytes(b"s" * size)
    with pytest.raises(ConfigError, match="is damaged: delete it") as found:
        key_of(tmp_path)
    assert "sss" not in str(found.value)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="can't be used"):
        key_of(tmp_path / "file")


def test_a_key_is_never_shown() -> None:
    key = Key(b"0123456789abcdef0123456789abcdef")
    shown = f"{key!r} {key} {[key]} {vars(key).keys()}"
    try:
        raise ValueError(key)
    except ValueError as error:
        shown += "".join(traceback.format_exception(error))
    assert "0123456789" not in shown
    assert key.secret.hex() not in shown + key.identity.hex()


def test_a_signature_is_an_hmac_of_purpose_and_content() -> None:
    key = Key(b"k" * KEY_BYTES)
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in b"k" * 32 + bytes(32)) + b"model\0content").digest()
    by_hand = hashlib.sha256(bytes(b ^ 0x5C for b in b"k" * 32 + bytes(32)) + inner).digest()
    assert key.sign("model", b"content") == by_hand
    assert hmac.compare_digest(key.sign("model", memoryview(b"content")), by_hand)


def test_a_signature_holds_for_its_purpose_content_and_key_alone() -> None:
    key = Key(b"k" * KEY_BYTES)
    signature = key.sign("model", b"content")
    assert key.has_signed("model", b"content", signature)
    assert not key.has_signed("live", b"content", signature)
    assert not key.has_signed("model", b"content.", signature)
    assert not key.has_signed("model", b"content", signature[:-1])
    assert not Key(b"K" * KEY_BYTES).has_signed("model", b"content", signature)
