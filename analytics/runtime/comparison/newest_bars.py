"""The newest closed bars of each series, from which forecasts with changed settings begin."""

from collections import defaultdict, deque
from collections.abc import Iterable

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event, PastBars
from analytics.forecasting.forecast_events import PastBar
from analytics.runtime.rebuild import adjusted
from analytics.store.tables import splits_until
from ml.models.features import Observation
from ml.uncertainty.volatility import MEMORY
from shared.market.records import Interval
from shared.postgres.database import Cursor


class NewestBars:
    """As many bars as the volatility filter remembers, not adjusted for splits."""

    def __init__(self) -> None:
        self._bars: defaultdict[tuple[str, Interval], deque[PastBar]] = defaultdict(
            lambda: deque(maxlen=MEMORY)
        )

    def add(self, events: Iterable[Event]) -> None:
        """Add closed bars."""
        for event in events:
            bar = event.closed.bar
            observed = Observation(bar.close, bar.high, bar.low, bar.volume)
            self._bars[bar.symbol, bar.interval].append(PastBar(bar.end, bar.open, observed))

    def past_bars(
        self, cursor: Cursor, engine: Engine, settings: EngineSettings, next_offset: int
    ) -> PastBars:
        """Those of the intervals whose forecasts change with these settings, adjusted to the shares at an offset."""
        kept, wanted = engine.settings.forecasts, settings.forecasts
        changed = [interval for interval in wanted if wanted[interval] != kept.get(interval)]
        return {
            (symbol, interval): adjusted(
                self._bars[symbol, interval], splits_until(cursor, symbol, next_offset)
            )
            for symbol in engine.symbols
            for interval in changed
        }
