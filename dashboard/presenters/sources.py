"""What the page says of where its numbers come from, and why some don't come. Pure.

A sentence with a countdown holds `{left}`: the page writes there how long it is until `until`, and shows `due`
once that time has come.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from dashboard.read.rows import PRODUCER_SILENT, DataAlertRow, DataQualityRow
from dashboard.read.snapshot import Reading

NAMES = {
    "yahoo": "Yahoo", "finnhub": "Finnhub", "binance": "Binance", "coingecko": "CoinGecko",
    "alphavantage": "Alpha Vantage",
}  # fmt: skip
"""Sources by the keys that settings, tables and the producer's sentences name them with."""
NAMED_AT_MOST = 2
TROUBLES = {
    "throttled": "Throttled by {source}",
    "provider down": "{source} is down",
    "no network": "No network",
    "stream silent": "{detail}",
    "refused": "{source} refuses: {detail}",
    "no history": "{detail}",
    "wrong clock": "{detail}",
}
"""Why nothing comes, by the cause that the producer names."""
KINDS = {
    "disagreement": "Sources disagree",
    "failover": "Change of source",
    "currency": "Currency",
    "delisted": "Delisted",
    "doubtful": "Doubtful prices",
    "left out": "Incomplete history",
    "split": "Doubtful split",
    "below zero": "Price below zero",
    "volume": "Wrong volume",
}
"""What an alert is about, by the kind that the producer, the analytics or a migration names."""
WORDING = {
    "disagreement": "Its sources differ",
    "failover": "Another source is used",
    "currency": "Its prices arrived in another currency",
    "delisted": "It is no longer traded",
    "doubtful": "Some of its prices are not used: it is not clear what they mean",
    "left out": "Rows of its history are invalid and are left out",
    "split": "A split is not applied: the prices do not show it",
}
"""What an alert says where it has no words of its own."""


class Sentence(NamedTuple):
    """What is said of a symbol now."""

    text: str
    due: str
    until: float | None


def source_name(source: str) -> str:
    """A source's name for readers."""
    return NAMES.get(source, source)


def sources_in_use(qualities: Iterable[DataQualityRow]) -> tuple[str, str]:
    """The sources that speak, such as "Live · Yahoo, Binance", and a line a source with its number of symbols."""
    counts = Counter(source_name(quality.source) for quality in qualities).most_common()
    named = [name for name, _ in counts[:NAMED_AT_MOST]]
    more = [f"{len(counts) - NAMED_AT_MOST} more"] if len(counts) > NAMED_AT_MOST else []
    lines = [f"{name}: {count} symbol{'s' if count > 1 else ''}" for name, count in counts]
    return " · ".join(["Live"] + [", ".join(named + more)] * bool(counts)), "\n".join(lines)


def history_progress(qualities: Iterable[DataQualityRow]) -> tuple[int, int] | None:
    """Requests made, and to make, for the past of all symbols; None once all are made."""
    rows = list(qualities)
    done, total = sum(row.history_done for row in rows), sum(row.history_total for row in rows)
    return (done, total) if any(row.history_done < row.history_total for row in rows) else None


def fold_progress(reading: Reading) -> tuple[int, int] | None:
    """Messages of the log that are in the tables, and of how many, while a symbol's numbers are of the past because
    the others are not there yet; None else."""
    is_behind = reading.known > reading.folded and bool(reading.past)
    return (reading.folded, reading.known) if is_behind else None


def failed_over(alerts: Iterable[DataAlertRow]) -> frozenset[str]:
    """The symbols whose standby speaks at the moment."""
    return frozenset(
        alert.symbol for alert in alerts if alert.kind == "failover" and alert.cleared_at is None
    )


def standing(quality: DataQualityRow, stands_in: bool) -> Sentence:
    """How a symbol's quotes fare, and what is the cause where they don't come."""
    source = source_name(quality.source)
    if quality.cause == PRODUCER_SILENT:
        return _plain("The producer does not answer")
    if quality.cause == "unknown symbol":
        return _plain(f"{source} has no symbol {quality.symbol}")
    if quality.state == "closed":
        return _countdown("Market closed", ", opens in {left}", ", opens any moment", quality.opens_at)
    if quality.state == "history" and quality.cause == "provider down":
        return _countdown(
            f"{source} gives no history", ", next try in {left}", ", trying now", quality.next_try_at
        )
    if quality.state == "live":
        return _live(quality, source, stands_in)
    if quality.cause in TROUBLES:
        trouble = TROUBLES[quality.cause].format(source=source, detail=_told(quality.detail))
        return _countdown(trouble, ", next try in {left}", ", trying now", quality.next_try_at)
    if quality.state == "history":
        return _plain(f"Fetching history from {source}")
    return _plain(_told(quality.detail) or f"Waiting for {source}")


def _live(quality: DataQualityRow, source: str, stands_in: bool) -> Sentence:
    """Quotes come: from whom, and whether by asking because there is no stream."""
    if stands_in and quality.standby is not None:
        return _plain(f"{source} replaces {source_name(quality.standby)}")
    if quality.cause == "":
        return _plain(_told(quality.detail) or f"Live from {source}")
    if quality.cause == "no history":
        return _countdown(
            f"Live from {source} without its history", ", next try in {left}", "", quality.next_try_at
        )
    if quality.cause == "wrong clock":
        return _plain(_told(quality.detail))
    trouble = "Stream silent" if quality.cause == "stream silent" else "Stream not connected"
    asking = f"{trouble}, polling {source} instead"
    return _countdown(asking, ", next try in {left}", ", trying now", quality.next_try_at)


def _told(sentence: str) -> str:
    """A sentence of the producer's with the sources' names for readers."""
    words = [NAMES.get(word, word) for word in sentence.split(" ")]
    return words[0][:1].upper() + " ".join(words)[1:]


def _plain(text: str) -> Sentence:
    return Sentence(text, text, None)


def _countdown(text: str, left: str, due: str, until: float | None) -> Sentence:
    return _plain(text) if until is None else Sentence(text + left, text + due, until)


def data_alert_item(alert: DataAlertRow, zone: str) -> dict[str, Any]:
    """An alert about the data, for the list of alerts; one that is over says until when it lasted."""
    return {
        "symbol": alert.symbol,
        "text": _alert_words(alert),
        "tone": "data" if alert.cleared_at is None else "over",
        "interval": KINDS.get(alert.kind, alert.kind.capitalize()),
        "time": alert.raised_at,
        "cleared": alert.cleared_at,
        "zone": zone,
        "key": f"{alert.symbol} data {alert.kind} {alert.raised_at}",
    }


def _alert_words(alert: DataAlertRow) -> str:
    told = _told(alert.detail) or WORDING.get(alert.kind, "")
    if alert.kind == "disagreement" and alert.value is not None:
        return f"Prices are {alert.value:.1%} apart: {told}"
    if alert.kind == "left out" and alert.value is not None:
        return f"{told} ({alert.value:.0f} in all)"
    return told
