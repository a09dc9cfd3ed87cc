"""The topic's contract: one JSON object a message, key = symbol; `kind` names what it is and its version."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from shared.errors import BadMessage
from shared.market.records import EPOCH, FUTURE_TOLERANCE, Record
from shared.market.side_fields import without_false_figures

MAX_MESSAGE_BYTES = 16_384
DEEPEST_NESTING = 400
"""Brackets within brackets. Versions of Python bear different depths, and what a message is must not depend on them."""
KINDS = ("quote.v1", "bar.v1", "action.v1", "time.v1")

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def encode(record: Record) -> bytes:
    """A record as UTF-8 JSON; what the source did not say is left out."""
    return _encoder.encode(record)


def decode(raw: bytes | None, appended_ms: int) -> Record:
    """The record in `raw`; `appended_ms` is when the broker took it, in epoch milliseconds.

    A figure beside the price that can't be true, such as a negative volume, is left out. Raises BadMessage with the
    reason for anything else that must not enter a table as a number.
    """
    if raw is None or len(raw) > MAX_MESSAGE_BYTES:
        raise BadMessage(_wrong_size(raw))
    if len(raw) > DEEPEST_NESTING and _is_nested_too_deeply(raw):
        raise BadMessage("nested too deeply")
    try:
        record = _decoder.decode(raw)
    except (msgspec.DecodeError, ValueError, OverflowError) as error:
        record = _without_false_figures(raw, error)
    if b"\\u0000" in raw and _holds_nul(record):
        raise BadMessage("holds a NUL character, which no table can store")
    if record.received_time > _latest(appended_ms):
        _require_corrected(record, appended_ms)
    return record


@lru_cache(1)
def _latest(appended_ms: int) -> datetime:
    """The latest time by which a message can have been received that the log took then: batches share one."""
    return EPOCH + timedelta(milliseconds=appended_ms) + FUTURE_TOLERANCE


def _require_corrected(record: Record, appended_ms: int) -> None:
    """Raises BadMessage unless the received time lies ahead only because it was put forward by `correction`."""
    if record.received_time - timedelta(seconds=record.correction) > _latest(appended_ms):
        received = record.received_time.isoformat()
        appended = datetime.fromtimestamp(appended_ms / 1000, UTC).isoformat()
        raise BadMessage(f"from the future: received time {received}, but the log took it at {appended}")


def _wrong_size(raw: bytes | None) -> str:
    if raw is None:
        return "empty message"
    return f"over-long: {len(raw)} bytes, at most {MAX_MESSAGE_BYTES}"


def _is_nested_too_deeply(raw: bytes) -> bool:
    """Whether brackets outside of texts are nested over DEEPEST_NESTING deep; closed or not, this is no record."""
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST_NESTING:
        return False
    depth = 0
    for byte in _TEXT.sub(b"", raw):
        depth = max(0, depth + _BRACKET_STEPS.get(byte, 0))
        if depth > DEEPEST_NESTING:
            return True
    return False


def _holds_nul(record: Record) -> bool:
    """Whether a text holds the character itself; six characters that spell its escape are harmless."""
    return any("\0" in value for value in msgspec.structs.asdict(record).values() if isinstance(value, str))


def _without_false_figures(raw: bytes, error: Exception) -> Record:
    """The record without the figures that can't be true. Raises BadMessage where these are not all that is wrong."""
    try:
        fields = msgspec.json.decode(raw, type=dict[str, object])
        return _converted(without_false_figures(fields))
    except (msgspec.DecodeError, ValueError, OverflowError):
        raise BadMessage(_diagnose(raw, error)) from error


def _converted(fields: dict[str, object]) -> Record:
    record: Record = msgspec.convert(fields, Record)
    return record


def _diagnose(raw: bytes, error: Exception) -> str:
    """Why decoding failed, as a reader would ask: is it JSON? an object? of which kind?"""
    try:
        loose = msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError) as not_json:
        return f"not JSON: {not_json}"
    if not isinstance(loose, dict):
        return f"not a JSON object but {type(loose).__name__}"
    kind = loose.get("kind")
    if kind not in KINDS:
        return f"unknown kind or version {kind!r}, known are {', '.join(KINDS)}"[:200]
    return str(error)
