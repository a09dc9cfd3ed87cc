"""Trades in zip files in LEAN's layout: each holds one CSV without a header.

tick           ms,price,size[,market,conditions,…]        equity/usa/tick/bac/20131007_trade.zip
second, minute ms,open,high,low,close,volume              equity/usa/minute/bac/20131007_trade.zip
hour, daily    YYYYMMDD HH:MM,open,high,low,close,volume  equity/usa/daily/bac.zip

ms counts from midnight of the file's date in the market's time zone, and may have a fraction. Prices of equities are in
1/10,000 dollar; those of crypto pairs are plain decimals, with times in UTC. Bars are labelled by their start. Every
tick row becomes a quote, including suspicious and specially reported ones, with its sale conditions: real files contain
genuine duplicates.
Blank lines are skipped, invalid sizes and volumes are dropped, and so are ticks with a negative price, which mark
outages of the exchange in LEAN's crypto data. Prices are unadjusted; the splits and dividends of an equity are in its
factor file beside these folders.
"""

import io
import logging
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.calendars.calendars import NEVER, calendar_of
from shared.errors import ConfigError
from shared.market.records import (
    AMOUNT_LIMIT,
    EPOCH,
    CorporateAction,
    Quote,
    Record,
    RecordedBar,
    RecordedInterval,
)
from shared.recordings.digest import factor_file
from shared.recordings.factors import Change, changes
from shared.recordings.lean_conditions import conditions_of
from shared.recordings.rows import SOURCE, Row, bar_end, bar_order, quote_order

NOON = 12 * 3600
INTERVAL_OF: dict[str, RecordedInterval] = {"second": "1s", "minute": "1m", "hour": "1h", "daily": "1d"}
LAYOUT = "…/equity/usa/tick/bac/20131007_trade.zip or …/equity/usa/daily/bac.zip"
MARKET = r"(?:^|/)(?P<market>equity/usa|crypto/\w+)"
DATED = re.compile(
    MARKET + r"/(?P<resolution>tick|second|minute)/(?P<symbol>[^/]+)/(?P<date>\d{8})_trade\.zip$"
)
UNDATED = re.compile(MARKET + r"/(?P<resolution>hour|daily)/(?P<symbol>[^/_]+)(_trade)?\.zip$")

Placed = tuple[int, Callable[[int], Record]]

log = logging.getLogger("tickstream.replay")


class LeanMarket(NamedTuple):
    """The properties of all files of a market; a price in a file is `scale` times the real one."""

    exchange: str
    zone: ZoneInfo
    scale: float


US_EQUITY = LeanMarket("XNYS", ZoneInfo("America/New_York"), 10_000.0)
CRYPTO = LeanMarket("24/7", ZoneInfo("UTC"), 1.0)


class Lines:
    """The non-blank lines of the only file in a zip; `number` is that of the last line read.

    Raises ValueError unless the zip holds exactly one file, and the errors of reading a zip.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.number = 1

    def __iter__(self) -> Iterator[str]:
        with zipfile.ZipFile(self._path) as archive:
            members = archive.namelist()
            if len(members) != 1:
                raise ValueError(f"the zip holds {len(members)} files instead of one")
            with archive.open(members[0]) as raw:
                for self.number, line in enumerate(io.TextIOWrapper(raw, "utf-8-sig"), start=1):
                    if not line.isspace():
                        yield line


@dataclass(frozen=True)
class LeanFile:
    """One zip of one symbol's trades. `resolution` is tick, second, minute, hour or daily.

    `name` is the meaningful part of the path; `midnight` is the start of the file's date, None if one file holds
    all dates.
    """

    path: Path
    name: str
    resolution: str
    symbol: str
    market: LeanMarket
    midnight: datetime | None

    @property
    def series(self) -> Path:
        """The common path of the files of one series, which differ in their dates."""
        return self.path if self.midnight is None else self.path.parent

    def rows(self, number: int) -> Iterator[Row]:
        """The rows of the file, which is in time order.

        `number` is the file's index among all files of the replay. Raises ConfigError with file and line if a row
        can't be read.
        """
        lines = Lines(self.path)
        try:
            for order, make in self._parse(lines):
                yield order, number, lines.number, make
        except (ValueError, OverflowError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ConfigError(f"{self.path}, line {lines.number}: {error}.") from error

    @property
    def currency(self) -> str | None:
        """A crypto pair is priced in its second half; only dollars are recognised."""
        return "USD" if self.market is US_EQUITY or self.symbol.endswith("USD") else None

    def actions(self) -> list[Placed]:
        """All splits and dividends of the symbol with their order in time; empty if there is no factor file.

        Raises ConfigError if a row can't be read.
        """
        path = factor_file(self.path)
        found = [] if path is None else changes(path, self.market.exchange, self.market.zone)
        return [(bar_order(int(change.time.timestamp())), partial(self._action, change)) for change in found]

    def _parse(self, lines: Lines) -> Iterator[Placed]:
        if self.midnight is None:
            return self._dated_bars(lines)
        if self.resolution == "tick":
            return self._ticks(lines, self.midnight)
        return self._bars_of_a_day(lines, self.midnight)

    def _ticks(self, lines: Lines, midnight: datetime) -> Iterator[Placed]:
        """The ticks of a day. Half of all trades have the millisecond of the previous one, so its time is reused."""
        base = (midnight - EPOCH) // timedelta(microseconds=1)
        scale, quote, is_equity = self.market.scale, self._quote, self.market is US_EQUITY
        latest, order, event_time, skipped = "", 0, midnight, 0
        for text in lines:
            milliseconds, price, size, *rest = text.split(",", 5)
            if price.startswith("-"):
                skipped += 1
                continue
            if milliseconds != latest:
                latest = milliseconds
                elapsed = _microseconds(milliseconds)
                order = quote_order(base + elapsed)
                event_time = midnight + timedelta(microseconds=elapsed)
            conditions = conditions_of(rest[1]) if len(rest) > 1 and is_equity else None
            yield order, partial(quote, event_time, float(price) / scale, float(size), conditions)
        if skipped:
            log.warning(
                "%s: %d ticks with a negative price were skipped; they mark outages of the exchange.",
                self.path,
                skipped,
            )

    def _bars_of_a_day(self, lines: Lines, midnight: datetime) -> Iterator[Placed]:
        base = int(midnight.timestamp())
        for text in lines:
            milliseconds, *values = text.split(",")
            seconds, rest = divmod(_microseconds(milliseconds), 1_000_000)
            if rest:
                raise ValueError(f"a bar starts at a whole second, not at {milliseconds} ms")
            yield self._bar(base + seconds, values)

    def _dated_bars(self, lines: Lines) -> Iterator[Placed]:
        for text in lines:
            label, *values = text.split(",")
            local = datetime.strptime(label, "%Y%m%d %H:%M").replace(tzinfo=self.market.zone)
            daily = self.resolution == "daily"
            yield self._bar(self._opening(local) if daily else int(local.timestamp()), values)

    def _opening(self, date: datetime) -> int:
        """When the regular session of the date opens. Raises ValueError if there is none."""
        opening = calendar_of(self.market.exchange).at(int(date.timestamp()) + NOON).day_start
        if opening == NEVER or datetime.fromtimestamp(opening, self.market.zone).date() != date.date():
            raise ValueError(f"{date.date()} is not a trading day of {self.market.exchange}")
        return opening

    def _bar(self, start: int, values: list[str]) -> Placed:
        if len(values) != 5:
            raise ValueError(f"{len(values) + 1} fields instead of 6")
        scale = self.market.scale
        opened, high, low, close = (float(value) / scale for value in values[:4])
        end = bar_end(INTERVAL_OF[self.resolution], start, self.market.exchange)
        times = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        return bar_order(end), partial(
            self._recorded_bar, times, (opened, high, low, close), float(values[4])
        )

    def _action(self, change: Change, position: int) -> CorporateAction:
        return CorporateAction(
            symbol=self.symbol,
            action=change.action,
            time=change.time,
            value=change.value,
            source=SOURCE,
            position=position,
            received_time=change.time,
            currency=self.currency if change.action == "dividend" else None,
            exchange=self.market.exchange,
        )

    def _quote(
        self, event_time: datetime, price: float, size: float, conditions: str | None, position: int
    ) -> Quote:
        """A recording has no received time, so it is the event time."""
        return Quote(
            symbol=self.symbol,
            event_time=event_time,
            price=price,
            source=SOURCE,
            position=position,
            received_time=event_time,
            size=size if 0 <= size <= AMOUNT_LIMIT else None,
            currency=self.currency,
            exchange=self.market.exchange,
            conditions=conditions,
        )

    def _recorded_bar(
        self, times: tuple[datetime, datetime], prices: tuple[float, ...], volume: float, position: int
    ) -> RecordedBar:
        """The received time of a bar is its end."""
        return RecordedBar(
            symbol=self.symbol,
            interval=INTERVAL_OF[self.resolution],
            start=times[0],
            open=prices[0],
            high=prices[1],
            low=prices[2],
            close=prices[3],
            volume=volume if 0 <= volume <= AMOUNT_LIMIT else None,
            source=SOURCE,
            position=position,
            received_time=times[1],
            currency=self.currency,
            exchange=self.market.exchange,
        )


def lean_file(path: Path) -> LeanFile:
    """Describe a LEAN zip of trades by its path.

    Raises ConfigError if the path does not match LEAN's layout, or names a file of bid and ask quotes.
    """
    if path.name.endswith("_quote.zip"):
        raise ConfigError(f"{path} holds bid and ask quotes, which are not supported: use _trade.zip files.")
    dated, undated = DATED.search(path.as_posix()), UNDATED.search(path.as_posix())
    match = dated or undated
    if match is None:
        raise ConfigError(f"{path} does not match LEAN's layout: expected {LAYOUT}.")
    market = US_EQUITY if match["market"] == "equity/usa" else CRYPTO
    return LeanFile(
        path=path,
        name=match[0].lstrip("/"),
        resolution=match["resolution"],
        symbol=match["symbol"].upper(),
        market=market,
        midnight=_midnight(path, dated["date"], market) if dated else None,
    )


def _microseconds(milliseconds: str) -> int:
    """Parse LEAN's milliseconds, which may have a fraction, to microseconds. Raises ValueError if invalid."""
    if milliseconds.isdecimal():
        return 1000 * int(milliseconds)
    try:
        return int(1000 * Decimal(milliseconds))
    except (InvalidOperation, OverflowError):
        raise ValueError(f"{milliseconds!r} is not a number of milliseconds") from None


def _midnight(path: Path, date: str, market: LeanMarket) -> datetime:
    """The start of the date in the file's name, in UTC."""
    try:
        return datetime.strptime(date, "%Y%m%d").replace(tzinfo=market.zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{path}: {date} is not a date; expected YYYYMMDD.") from error
