"""The message format of the topic: one JSON object per message, key = symbol; `kind` is its type and version."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from shared.errors import BadMessage
from shared.market.records import EPOCH, FUTURE_TOLERANCE, Record
from shared.market.side_fields import without_false_figures

MAX_MESSAGE_BYTES = 16_384
DEEPEST_NESTING = 400
"""Maximum depth of brackets. Python versions have different limits, and decoding must not depend on the version."""
KINDS = ("quote.v1", "bar.v1", "action.v1", "time.v1", "rule.v1", "handling.v1", "headline.v1")

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def encode(record: Record) -> bytes:
    """A record as UTF-8 JSON, without missing values."""
    return _encoder.encode(record)


def decode(raw: bytes | None, appended_ms: int) -> Record:
    """The record in `raw`; `appended_ms` is when the broker appended it, in epoch milliseconds.

    An invalid secondary value, such as a negative volume, is dropped. Raises BadMessage with the reason for any other
    invalid message.
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
    """The latest valid received time of a message appended then; cached, as the messages of a batch share it."""
    return EPOCH + timedelta(milliseconds=appended_ms) + FUTURE_TOLERANCE


def _require_corrected(record: Record, appended_ms: int) -> None:
    """Raise BadMessage unless the received time is ahead only because of its `correction`."""
    if record.received_time - timedelta(seconds=record.correction) > _latest(appended_ms):
        received = record.received_time.isoformat()
        appended = datetime.fromtimestamp(appended_ms / 1000, UTC).isoformat()
        raise BadMessage(f"from the future: received time {received}, but the log took it at {appended}")


def _wrong_size(raw: bytes | None) -> str:
    if raw is None:
        return "empty message"
    return f"over-long: {len(raw)} bytes, at most {MAX_MESSAGE_BYTES}"


def _is_nested_too_deeply(raw: bytes) -> bool:
    """Whether brackets outside of strings are nested deeper than DEEPEST_NESTING, closed or not."""
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST_NESTING:
        return False
    depth = 0
    for byte in _TEXT.sub(b"", raw):
        depth = max(0, depth + _BRACKET_STEPS.get(byte, 0))
        if depth > DEEPEST_NESTING:
            return True
    return False


def _holds_nul(record: Record) -> bool:
    """Whether a text contains the NUL character itself, not only its escape sequence as text."""
    return any("\0" in value for value in msgspec.structs.asdict(record).values() if isinstance(value, str))


def _without_false_figures(raw: bytes, error: Exception) -> Record:
    """The record without invalid secondary values. Raises BadMessage if anything else is wrong."""
    try:
        fields = msgspec.json.decode(raw, type=dict[str, object])
        return _converted(without_false_figures(fields))
    except (msgspec.DecodeError, ValueError, OverflowError):
        raise BadMessage(_diagnose(raw, error)) from error


def _converted(fields: dict[str, object]) -> Record:
    record: Record = msgspec.convert(fields, Record)
    return record


def _diagnose(raw: bytes, error: Exception) -> str:
    """Why decoding failed: not JSON, not an object, an unknown kind, or a wrong field."""
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
