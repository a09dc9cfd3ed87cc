"""The sessions of exchanges in files, for commands that run for a second: exchange_calendars takes one to list them."""

import importlib.metadata
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import msgspec

from shared.calendars.calendars import OURS, Exchange, SessionCalendar, calendar_of
from shared.calendars.exchange_sessions import ExchangeSessions, sessions_of
from shared.files.private_files import make_private
from shared.market.exchanges import calendar_name

FOLDER = "calendars"
KEPT = timedelta(days=30)
"""A list is a year ahead of the day on which it was made, so that for so long it equals a new one up to today."""


class KeptSessions(msgspec.Struct, frozen=True):
    """The content of a file: the sessions as this version of exchange_calendars listed them on that day."""

    version: str
    made_on: date
    listed: ExchangeSessions


class KeptCalendars:
    """Calendars for times up to `today`, from files in the folder where they are there, and else kept there."""

    def __init__(self, folder: Path, today: date) -> None:
        self._folder, self._today = folder / FOLDER, today
        self._version = importlib.metadata.version("exchange_calendars")
        self._made: dict[str, SessionCalendar] = {}

    def of(self, exchange: str | None) -> SessionCalendar:
        """The calendar for an exchange's name, as `calendar_of` returns it."""
        name = calendar_name(exchange) if exchange else None
        if name is None or name in OURS:
            return calendar_of(exchange)
        if name not in self._made:
            self._made[name] = self._exchange(name) or calendar_of(exchange)
        return self._made[name]

    def _exchange(self, name: str) -> Exchange | None:
        """The calendar of a real exchange; None if exchange_calendars has none."""
        file = self._folder / f"{name.replace('/', '-')}.json"
        if (kept := self._read(file)) is not None:
            return Exchange(name, kept)
        try:
            listed = sessions_of(name)
        except ValueError:
            return None
        self._write(file, listed)
        return Exchange(name, listed)

    def _read(self, file: Path) -> ExchangeSessions | None:
        try:
            kept = msgspec.json.decode(file.read_bytes(), type=KeptSessions)
        except (OSError, msgspec.DecodeError):  # not there, or cut by a power cut
            return None
        is_valid = kept.version == self._version and timedelta() <= self._today - kept.made_on <= KEPT
        return kept.listed if is_valid else None

    def _write(self, file: Path, listed: ExchangeSessions) -> None:
        """Replace the file at once. Where that fails, the command does without."""
        new = file.with_suffix(".new")
        with suppress(OSError):
            make_private(self._folder)
            new.write_bytes(msgspec.json.encode(KeptSessions(self._version, self._today, listed)))
            new.replace(file)
