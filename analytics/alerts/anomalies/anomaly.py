"""Bars that are unlike those before them. Pure.

Five kinds, each against a running scale that one wild bar can hardly move:

- price spike: the log return within a session is more than SPIKE times its usual size;
- gap: so is the log return from the last close of a session to the first of the next one;
- volume surge: the log of the volume is more than SURGE times its usual distance above its usual level at this time of
  day (`volume_of_day.py`);
- frozen price: no price has differed for FROZEN bars, although quotes came and the price usually moves;
- spread blow-out: the log of the spread is more than WIDE times its usual distance above its usual level, by bars of
  the same session, because spreads are wider before and after the regular one. The usual distance counts as at least
  LEAST_DISTANCE: many spreads are nearly always one step of the price, and two steps are nothing unusual.

The usual size is an exponentially weighted mean of absolute values, in which each new one counts for at most CAP times
the mean so far. For a normal distribution the mean absolute value is 0.80 standard deviations, so that SPIKE is 6.4.
"""

from math import log
from typing import Any, NamedTuple

from analytics.alerts.anomalies.usual_size import UsualLevel, UsualSize
from analytics.alerts.anomalies.volume_of_day import VolumeOfDay
from analytics.indicators.series.sessions import SessionOf
from shared.market.records import Bar

SPIKE, SURGE, WIDE = 8.0, 6.0, 6.0
LEAST_DISTANCE = 0.25
"""So a spread must be 4.5 times as wide as usual: exp(1.5)."""
FROZEN = 60
BARS, GAPS = 60, 20
"""The first values, of which the mean is plain; after that a new one has this part of the weight. With fewer values
nothing is an anomaly, and with fewer returns than BARS it is unknown whether a bar is one."""


class AnomalyValues(NamedTuple):
    """Whether a closed bar is an anomaly of any kind, 1 or 0, and what decides it; None where a value is unknown.

    `spike` and `gap` are the return within a session and from one to the next, as multiples of its usual size; of both,
    a bar has one. `surge` is the distance of the volume above its usual level at this time of day, as a multiple of the
    usual distance.
    `frozen` is the number of bars in a row at whose quotes no price has differed. `spread` is the distance of the
    spread above its usual level in this session, as a multiple of the usual distance.
    """

    is_anomaly: float | None
    spike: float | None
    gap: float | None
    surge: float | None
    frozen: float
    spread: float | None


class Anomaly:
    """Compares each closed bar with those before it."""

    def __init__(self, session_of: SessionOf) -> None:
        self._session_of = session_of
        self._returns, self._gaps, self._volumes = UsualSize(BARS), UsualSize(GAPS), VolumeOfDay(BARS)
        self._spreads: dict[str, UsualLevel] = {}
        self._close = self._session = self._unchanged = 0.0

    def update(self, bar: Bar) -> AnomalyValues:
        """Add a closed bar."""
        session = self._session_of(bar)
        is_same_session = session == self._session
        surge = self._volumes.update(bar, session)
        spread = self._width(bar.session, bar.spread) if bar.spread else None
        size = self._size_of_move(bar, is_same_session)
        self._count_unchanged(bar)
        self._close, self._session = bar.close, session
        spike, gap = (size, None) if is_same_session else (None, size)
        is_known, frozen = self._returns.known is not None, self._unchanged
        is_anomaly = (
            (size or 0.0) > SPIKE or (surge or 0.0) > SURGE or frozen == FROZEN or (spread or 0.0) > WIDE
        )
        return AnomalyValues(float(is_anomaly) if is_known else None, spike, gap, surge, frozen, spread)

    def _width(self, session: str, spread: float) -> float | None:
        """How far the spread is above its level in this session, in usual distances; None if that is unknown."""
        usual = self._spreads.get(session)
        if usual is None:
            usual = self._spreads[session] = UsualLevel(BARS, LEAST_DISTANCE)
        return usual.add(log(spread))

    def _size_of_move(self, bar: Bar, is_same_session: bool) -> float | None:
        """The return since the last close, as a multiple of its usual size; None if that is unknown."""
        if self._close <= 0.0:
            return None
        move = log(bar.close / self._close)
        usual = self._returns if is_same_session else self._gaps
        size = usual.known
        usual.add(move)
        return None if size is None else abs(move) / size

    def _count_unchanged(self, bar: Bar) -> None:
        is_unchanged = (
            self._close > 0.0 and bar.high == bar.low == bar.close == self._close and bar.quotes > 0
        )
        self._unchanged = self._unchanged + 1.0 if is_unchanged else 0.0

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: the last close and the level of the volumes in new shares."""
        self._close /= ratio
        self._volumes.split(ratio)

    def state(self) -> list[Any]:
        """All that `restore` needs."""
        running = [each.state() for each in (self._returns, self._gaps, self._volumes)]
        spreads = [[session, *self._spreads[session].state()] for session in sorted(self._spreads)]
        return [*running, spreads, [self._close, self._session, self._unchanged]]

    def restore(self, state: list[Any]) -> None:
        """Continue from `state`."""
        returns, gaps, volumes, spreads, (self._close, self._session, self._unchanged) = state
        self._spreads = {session: UsualLevel(BARS, LEAST_DISTANCE) for session, *_ in spreads}
        for session, *spread in spreads:
            self._spreads[session].restore(spread)
        self._returns.restore(returns)
        self._gaps.restore(gaps)
        self._volumes.restore(volumes)
