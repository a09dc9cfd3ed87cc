"""Texts about the sources of the data: their status and the cause of an outage. Pure.

A text with a countdown contains `{left}`: the page replaces it with the time left until `until`, and shows `due` once
that time is reached.
"""

from collections import Counter
from collections.abc import Iterable
from math import ceil
from typing import NamedTuple

from dashboard.read.pace import seconds_left
from dashboard.read.rows import PRODUCER_SILENT, DataAlertRow, DataQualityRow
from dashboard.read.snapshot import Reading

NAMES = {
    "yahoo": "Yahoo", "finnhub": "Finnhub", "binance": "Binance", "coingecko": "CoinGecko",
    "alphavantage": "Alpha Vantage",
}  # fmt: skip
"""Display names of the sources, by the keys used in settings, tables and the producer's texts."""
MAX_NAMED = 2
MIN_SHARE = 5
"""The percentage of a history from which the time left is shown: the first messages say little about the others."""
CAUSES = {
    "throttled": "Throttled by {source}",
    "provider down": "{source} is down",
    "no network": "No network",
    "stream silent": "{detail}",
    "refused": "Refused by {source}: {detail}",
    "no history": "{detail}",
    "wrong clock": "{detail}",
}
"""Texts for missing quotes, by the cause that the producer reports."""


class StatusText(NamedTuple):
    """A text with an optional countdown to `until`, epoch seconds."""

    text: str
    due: str
    until: float | None


def source_name(source: str) -> str:
    """A source's display name."""
    return NAMES.get(source, source)


def sources_in_use(qualities: Iterable[DataQualityRow]) -> tuple[str, str]:
    """The active sources, such as "Live · Yahoo, Binance", and one line per source with its number of symbols."""
    counts = Counter(source_name(quality.source) for quality in qualities).most_common()
    named = [name for name, _ in counts[:MAX_NAMED]]
    more = [f"{len(counts) - MAX_NAMED} more"] if len(counts) > MAX_NAMED else []
    lines = [f"{name}: {count} symbol{'s' if count > 1 else ''}" for name, count in counts]
    return " · ".join(["Live"] + [", ".join(named + more)] * bool(counts)), "\n".join(lines)


def history_progress(qualities: Iterable[DataQualityRow]) -> tuple[int, int] | None:
    """History requests finished and in total, over these symbols; None once all are finished."""
    rows = list(qualities)
    done, total = sum(row.history_done for row in rows), sum(row.history_total for row in rows)
    return (done, total) if any(row.history_done < row.history_total for row in rows) else None


def log_progress(reading: Reading) -> tuple[int, int] | None:
    """Messages of the log that analytics has processed and that exist, while it is behind and some symbol's values are
    outdated; None otherwise."""
    is_behind = reading.known > reading.folded and bool(reading.outdated)
    return (reading.folded, reading.known) if is_behind else None


def log_progress_text(reading: Reading) -> str:
    """The progress of `log_progress` in words: the symbols whose values are current, or the fraction of the messages if
    there are none, and the time left once the pace is known. Short enough for the heading of the watchlist."""
    quoted = {symbol for symbol, row in reading.symbols.items() if row.event_time is not None}
    current = len(quoted - reading.outdated.keys())
    left = seconds_left(reading.pace, reading.known - reading.folded)
    share = int(100 * reading.folded / max(1, reading.known))
    loaded = f"{current} of {len(reading.symbols)}" if current else f"{share}\u00a0%"
    rest = "" if left is None or share < MIN_SHARE else f", {_time_left(left)}"
    return f"History: {loaded}{rest}"


def _time_left(seconds: float) -> str:
    """Rounded up, because the pace varies."""
    if seconds > 5400:
        return f"{ceil(seconds / 3600)} h left"
    return f"{ceil(seconds / 60)} min left" if seconds > 60 else "<1 min left"


def failed_over(alerts: Iterable[DataAlertRow]) -> frozenset[str]:
    """The symbols whose standby source is active."""
    return frozenset(
        alert.symbol for alert in alerts if alert.kind == "failover" and alert.cleared_at is None
    )


def quote_status(quality: DataQualityRow, is_failed_over: bool) -> StatusText:
    """The status of a symbol's quotes, with the cause if they are missing."""
    source = source_name(quality.source)
    if quality.cause == PRODUCER_SILENT:
        return _plain("The producer is not responding")
    if quality.cause == "unknown symbol":
        return _plain(f"{source} has no symbol {quality.symbol}")
    if quality.state == "closed":
        return _countdown("Market closed", ", opens in {left}", ", opening now", quality.opens_at)
    if quality.state == "history" and quality.cause == "provider down":
        return _countdown(
            f"No history from {source}", ", retrying in {left}", ", retrying now", quality.next_try_at
        )
    if quality.state == "live":
        return _live(quality, source, is_failed_over)
    if quality.cause in CAUSES:
        cause = CAUSES[quality.cause].format(source=source, detail=with_names(quality.detail))
        return _countdown(cause, ", retrying in {left}", ", retrying now", quality.next_try_at)
    if quality.state == "history":
        return _plain(f"Loading history from {source}")
    return _plain(with_names(quality.detail) or f"Waiting for quotes from {source}")


def _live(quality: DataQualityRow, source: str, is_failed_over: bool) -> StatusText:
    """The text while quotes arrive: their source, and whether it is polled because its stream fails."""
    if is_failed_over and quality.standby is not None:
        return _plain(f"{source} replaces {source_name(quality.standby)}")
    if quality.cause == "":
        return _plain(with_names(quality.detail) or f"Live from {source}")
    if quality.cause == "no history":
        return _countdown(
            f"Live from {source} without history", ", retrying in {left}", "", quality.next_try_at
        )
    if quality.cause == "wrong clock":
        return _plain(with_names(quality.detail))
    cause = "Stream silent" if quality.cause == "stream silent" else "Stream not connected"
    text = f"{cause}, polling {source} instead"
    return _countdown(text, ", retrying in {left}", ", retrying now", quality.next_try_at)


def with_names(sentence: str) -> str:
    """A text of the producer, capitalised, with the sources' keys replaced by their display names."""
    words = [NAMES.get(word, word) for word in sentence.split(" ")]
    return words[0][:1].upper() + " ".join(words)[1:]


def _plain(text: str) -> StatusText:
    return StatusText(text, text, None)


def _countdown(text: str, left: str, due: str, until: float | None) -> StatusText:
    return _plain(text) if until is None else StatusText(text + left, text + due, until)
