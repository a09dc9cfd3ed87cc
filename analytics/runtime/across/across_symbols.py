"""What follows from the bars of many symbols, brought up to date between two commits of the analytics part."""

from collections.abc import Iterable, Mapping, Sequence

from analytics.engine.armed_rules import AppliedChange
from analytics.engine.events import Event
from analytics.runtime.across.comparing_rules import ComparingRules
from analytics.runtime.across.stalled_symbols import Ends
from analytics.runtime.across.storms import Storms
from analytics.runtime.market_figures import MarketKeeper
from analytics.runtime.partition import Partition
from shared.postgres.database import Connection
from shared.progress.offsets import GroupOnTopic
from shared.settings.analysis_settings import AcrossSettings, MarketFiguresSettings


class AcrossSymbols:
    """The market's figures, rules that compare symbols and grouped alerts, for the partitions of one process.

    `ends` are those of the log. With `delivers`, alerts are stored in the outbox too.
    """

    def __init__(
        self,
        reading: GroupOnTopic,
        partitions: Mapping[int, Partition],
        market: MarketFiguresSettings,
        settings: AcrossSettings,
        ends: Ends,
        delivers: bool,
    ) -> None:
        self._partitions = partitions
        self._market = MarketKeeper(market)
        self._storms = Storms(reading, partitions, settings, ends)
        self._comparing = ComparingRules(reading, partitions, settings.wait_seconds, ends, delivers)

    def note(self, events: Iterable[Event], changes: Sequence[AppliedChange]) -> None:
        """These bars and changes of rules are being stored."""
        self._storms.note(events)
        if changes:
            self._comparing.note_changes()

    def note_another_start(self) -> None:
        """A partition is being calculated again from its beginning: what was evaluated with its bars is evaluated
        again."""
        self._comparing.note_changes()

    def update_due(self, connection: Connection) -> None:
        """Do the steps that are due."""
        reads_history = any(partition.reads_history for partition in self._partitions.values())
        self._market.update_due(connection, reads_history)
        self._comparing.evaluate_due(connection)
        self._storms.group_due(connection)

    def update_all(self, connection: Connection) -> None:
        """Bring everything up to date, or as much as there is time for."""
        self._market.update_all(connection)
        self._comparing.evaluate_all(connection)
        self._storms.group_all(connection)
