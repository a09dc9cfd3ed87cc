"""The format of messages: a valid record is decoded unchanged, an invalid one has a reason."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.market.messages import MAX_MESSAGE_BYTES, decode, encode
from shared.market.prices import PRICE_LIMIT
from shared.market.records import EPOCH, CorporateAction, Headline, Quote, Record, RecordedBar, TimeMark
from tests.inputs.records import headline
from tests.unit.shared.market.quote_message import NOON, NOON_MS, QUOTE

LATEST_MS = 2**41

times = st.datetimes(datetime(1970, 1, 1), datetime(2039, 1, 1), timezones=st.just(UTC))
prices = st.floats(1 / PRICE_LIMIT, PRICE_LIMIT, exclude_min=True, exclude_max=True)
amounts = st.none() | st.floats(0, 1e18)
symbols = st.text("ABCz09.^=-_:/&", min_size=1, max_size=32)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=64)
optional_texts = st.none() | texts | st.sampled_from(["\\u0000", "\\N", "a\tb\nc\r", "\U0001f600"])
positions = st.integers(0, 2**62)

quotes = st.builds(
    lambda at, delay, **fields: Quote(event_time=at, received_time=at + delay, **fields),
    times,
    st.timedeltas(timedelta(0), timedelta(days=9)),
    symbol=symbols,
    price=prices,
    source=texts,
    position=positions,
    size=amounts,
    trade_id=st.none() | positions,
    bid=amounts,
    ask=amounts,
    day_open=amounts,
    previous_close=amounts,
    currency=optional_texts,
    exchange=optional_texts,
    session=optional_texts,
    conditions=optional_texts,
)
bars = st.builds(
    lambda at, four, **fields: RecordedBar(
        start=at.replace(minute=0, second=0, microsecond=0),
        received_time=at,
        low=min(four),
        high=max(four),
        open=four[0],
        close=four[1],
        **fields,
    ),
    times,
    st.tuples(prices, prices, prices, prices),
    interval=st.sampled_from(["1s", "1m", "5m", "15m", "1h", "1d"]),
    symbol=symbols,
    source=texts,
    position=positions,
    volume=amounts,
    exchange=optional_texts,
)
marks = st.builds(
    lambda at, **fields: TimeMark(time=at, received_time=at, **fields),
    times,
    source=texts,
    position=positions,
    symbol=st.none() | symbols,
    end=st.booleans(),
)
actions = st.builds(
    lambda at, **fields: CorporateAction(time=at, received_time=at, **fields),
    times,
    symbol=symbols,
    action=st.sampled_from(["split", "dividend"]),
    value=prices,
    source=texts,
    position=positions,
    currency=optional_texts,
    exchange=optional_texts,
)
headlines = st.builds(
    lambda at, age, **fields: Headline(published_time=max(at - age, EPOCH), received_time=at, **fields),
    times,
    st.timedeltas(timedelta(0), timedelta(days=9)),
    symbol=symbols,
    title=st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300
    ),
    score=st.floats(-1, 1),
    scorer=texts,
    source=texts,
    position=positions,
    publisher=optional_texts,
    link=optional_texts,
)
records = quotes | bars | marks | actions | headlines


def changed(**changes: Any) -> bytes:
    """The quote above as JSON with some fields replaced."""
    return json.dumps({**QUOTE, **changes}).encode()


def reason(raw: bytes | None, appended_ms: int = NOON_MS) -> str:
    with pytest.raises(BadMessage) as caught:
        decode(raw, appended_ms)
    return str(caught.value)


@settings(max_examples=300, deadline=None)
@given(records)
def test_every_valid_record_comes_back_as_it_was(record: Record) -> None:
    assert decode(encode(record), LATEST_MS) == record


@settings(max_examples=100, deadline=None)
@given(records)
def test_encoding_is_the_same_after_a_round_trip(record: Record) -> None:
    raw = encode(record)
    assert encode(decode(raw, LATEST_MS)) == raw


@settings(max_examples=400, deadline=None)
@given(records, st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_give_a_record_or_a_reason(record: Record, changes: list[tuple[int, int]]) -> None:
    raw = bytearray(encode(record))
    for place, value in changes:
        raw[place % len(raw)] = value
    record_or_reason(bytes(raw))


@settings(max_examples=200, deadline=None)
@given(records, st.integers(0), st.integers(0), st.binary(max_size=8))
def test_cut_and_patched_bytes_give_a_record_or_a_reason(
    record: Record, a: int, b: int, patch: bytes
) -> None:
    raw = encode(record)
    record_or_reason(raw[: a % len(raw)] + patch + raw[b % len(raw) :])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from([*QUOTE, "size", "bid", "session", "end"]), json_values, max_size=4))
@example({"kind": {}})
@example({"received_time": "9999-12-31T23:59:59-12:00"})
@example({"event_time": "0001-01-01T00:00:00+14:00"})
def test_fields_of_any_json_give_a_record_or_a_reason(changes: dict[str, Any]) -> None:
    record_or_reason(changed(**changes))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=64))
def test_noise_is_no_record(raw: bytes) -> None:
    assert reason(raw)


def record_or_reason(raw: bytes) -> None:
    """Decode; a reason must be text that a table can store, a record must be one that can be written again."""
    try:
        record = decode(raw, LATEST_MS)
    except BadMessage as bad:
        assert "\0" not in str(bad)
        assert str(bad).encode()
    else:
        assert decode(encode(record), LATEST_MS) == record


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"b":['])
def test_deep_nesting_is_a_reason_and_no_stack_overflow(opening: bytes) -> None:
    deep = opening * (15_000 // len(opening))
    assert reason(deep) == "nested too deeply"
    assert reason(changed()[:-1] + b', "more": ' + deep + b"}") == "nested too deeply"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, "empty message"),
        (b"", "not JSON"),
        (b"null", "not a JSON object but NoneType"),
        (b"[1]", "not a JSON object but list"),
        (b'"quote.v1"', "not a JSON object but str"),
        (b"{}", "unknown kind or version None, known are quote.v1, bar.v1, action.v1, time.v1"),
        (changed(kind="quote.v2"), "unknown kind or version 'quote.v2'"),
        (changed(kind=["quote.v1"]), "unknown kind or version"),
        (changed() + b"}", "not JSON"),
        (b"\xef\xbb\xbf" + changed(), "not JSON"),
        (changed(price="1"), "price"),
        (changed(price=True), "price"),
        (changed(price=None), "price"),
        (changed(price=-1), "not a finite positive number"),
        (changed(price=10**400), "price"),
        (changed(price=float("nan")), "not JSON"),
        (changed().replace(b"185.25", b"1e999"), "not JSON"),
        (changed(size="7"), "size"),
        (changed(size=True), "size"),
        (changed(position=-1), "position"),
        (changed(position=1.5), "position"),
        (changed(position=2**63), "position"),
        (changed(symbol="AAPL\n"), "symbol"),
        (changed(event_time="2024-01-03T12:00:00"), "timezone"),
        (changed(event_time=1704283200), "event_time"),
        (changed(event_time="2024-01-03T12:00:06Z"), "from the future"),
        (changed(source="x" * 65), "source"),
        (changed(source="\ud800"), "not JSON"),
        (changed(session="\0"), "NUL character"),
    ],
)
def test_reason_names_the_fault(raw: bytes | None, expected: str) -> None:
    assert expected in reason(raw)


@pytest.mark.parametrize("missing", ["symbol", "event_time", "price", "source", "position", "received_time"])
def test_reason_names_the_field_that_is_missing(missing: str) -> None:
    assert missing in reason(
        json.dumps({key: value for key, value in QUOTE.items() if key != missing}).encode()
    )


def test_six_characters_that_spell_an_escape_are_no_nul() -> None:
    record = decode(changed(session="\\u0000"), NOON_MS)
    assert isinstance(record, Quote)
    assert record.session == "\\u0000"


def test_message_of_16_kib_passes_and_of_a_byte_more_does_not() -> None:
    raw = changed()
    full = raw + b" " * (MAX_MESSAGE_BYTES - len(raw))
    assert decode(full, NOON_MS) == decode(raw, NOON_MS)
    assert reason(full + b" ") == "over-long: 16385 bytes, at most 16384"


def test_time_of_another_zone_is_the_same_instant() -> None:
    record = decode(changed(event_time="2024-01-03T14:00:00+02:00"), NOON_MS)
    assert isinstance(record, Quote)
    assert record.event_time == NOON
    assert record.event_time.timestamp() == NOON.timestamp()
    east = NOON.astimezone(timezone(timedelta(hours=2)))
    assert record.event_time.isoformat() == east.isoformat()


def test_last_one_of_a_repeated_field_counts_and_is_checked() -> None:
    assert decode(changed()[:-1] + b', "price": 2}', NOON_MS) == decode(changed(price=2), NOON_MS)
    assert "not a finite positive number" in reason(changed()[:-1] + b', "price": -2}')


def test_fields_nobody_knows_are_let_pass() -> None:
    assert decode(changed(more={"a": [1]}), NOON_MS) == decode(changed(), NOON_MS)


def test_receipt_may_lie_five_seconds_after_the_log_took_it_and_no_more() -> None:
    assert decode(changed(), NOON_MS - 5_000)
    assert reason(changed(), NOON_MS - 5_001).startswith("from the future: received time")


def test_missing_fields_of_the_source_are_left_out() -> None:
    raw = encode(decode(changed(), NOON_MS))
    assert json.loads(raw) == QUOTE


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("title", "", "length >= 1"),
        ("title", "x" * 301, "length <= 300"),
        ("score", 1.5, "<= 1"),
        ("symbol", "a b", "matching regex"),
        ("published_time", "2024-01-03T12:00:10Z", "from the future"),
        ("published_time", "1969-12-31T00:00:00Z", "before 1970"),
    ],
)
def test_headline_that_no_table_can_have_is_refused(field: str, value: object, reason: str) -> None:
    fields = json.loads(encode(headline(NOON.timestamp(), 0.5))) | {field: value}
    with pytest.raises(BadMessage, match=reason):
        decode(json.dumps(fields).encode(), LATEST_MS)
