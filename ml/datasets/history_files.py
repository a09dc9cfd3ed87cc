"""Training histories from recorded files: CSV files of bars, and LEAN zips with the splits beside them."""

import logging
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml.datasets.samples import TrainingHistory
from ml.models.features import Observation
from shared.errors import ConfigError
from shared.market.records import INTERVALS, CorporateAction, Interval, Quote, RecordedBar
from shared.market.splits import shows_split
from shared.recordings.sequence import recorded

log = logging.getLogger("tickstream.models")

MAKE_BARS = "create bars with `python -m analytics.replay {} --interval 5m > bars.csv`, and name bars.csv"


def interval_of_files(paths: Iterable[Path]) -> Interval:
    """The interval of the first bar in these files. Raises ConfigError as `histories_from_files` does."""
    files = list(paths)
    first = next((record for record in _read_records(files) if isinstance(record, RecordedBar)), None)
    if first is None:
        raise ConfigError("None of the files contains a bar.")
    return _interval(first, files)


def histories_from_files(paths: Iterable[Path]) -> list[TrainingHistory]:
    """The bars of each symbol, sorted by symbol; a folder stands for all recordings below it.

    Raises ConfigError if a file can't be read or contains anything but bars, if there are no bars, or if bars differ in
    length or have a length that is not forecast.
    """
    files = list(paths)
    interval = interval_of_files(files)
    histories: dict[str, TrainingHistory] = {}
    for record in _read_records(files):
        history = histories.setdefault(record.symbol, TrainingHistory(record.symbol, [], [], []))
        if isinstance(record, CorporateAction):
            history.splits.append((int(record.time.timestamp()), record.value))
        elif record.interval != interval:
            raise ConfigError(
                f"The files contain bars of {interval} and of {record.interval}: name files of one length."
            )
        else:
            _add(history, record)
    for history in histories.values():
        _leave_out_unseen_splits(history)
    return [histories[symbol] for symbol in sorted(histories)]


def _leave_out_unseen_splits(history: TrainingHistory) -> None:
    """Remove splits that the closes before and after them do not confirm, and log them."""
    for split in list(history.splits):
        time, ratio = split
        place = bisect_right(history.made_at, time)
        if not 0 < place < len(history.made_at):
            continue
        before, after = history.observations[place - 1].close, history.observations[place].close
        if not shows_split(before, after, ratio, expected=True):
            history.splits.remove(split)
            log.warning(
                "%s: the split of %g for 1 is set aside: the close before it was %g, the close after it is %g.",
                history.symbol,
                ratio,
                before,
                after,
            )


def _read_records(files: list[Path]) -> Iterator[RecordedBar | CorporateAction]:
    """Bars and splits in order of time. Raises ConfigError if the files contain quotes."""
    for record in recorded(files):
        if isinstance(record, Quote):
            named = " ".join(map(str, files))
            raise ConfigError(
                f"The files contain quotes of {record.symbol}, not bars: {MAKE_BARS.format(named)}."
            )
        if isinstance(record, RecordedBar) or (
            isinstance(record, CorporateAction) and record.action == "split"
        ):
            yield record


def _interval(bar: RecordedBar, files: list[Path]) -> Interval:
    for interval in INTERVALS:
        if interval == bar.interval:
            return interval
    named = " ".join(map(str, files))
    raise ConfigError(f"Bars of {bar.interval} are not forecast: {MAKE_BARS.format(named)}.")


def _add(history: TrainingHistory, bar: RecordedBar) -> None:
    """A recorded bar's received time is its end. Raises ConfigError if the symbol has a bar with this or a later
    end."""
    end = int(bar.received_time.timestamp())
    if history.made_at and end <= history.made_at[-1]:
        raise ConfigError(
            f"Two bars of {bar.symbol} end at {bar.received_time.isoformat()}: name one file of each."
        )
    history.made_at.append(end)
    history.observations.append(Observation(bar.close, bar.high, bar.low, bar.volume or 0.0))
