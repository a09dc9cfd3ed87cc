"""Compares what is stored of a period with what the log gives when it is folded again.

State is kept only for the end of the log, so it is folded from its beginning, and the bars that ended in the period are
compared. The rows to compare are copied at the start, together with the offsets: parts that go on writing meanwhile
change nothing in the result. Nothing is written but temporary tables of one connection.
"""

from collections.abc import Callable
from contextlib import closing

from analytics.engine.deployments import EmptyModelSource, ModelSource
from analytics.runtime.comparison.errors import CannotCompare
from analytics.runtime.comparison.left_out import LeftOut, leave_out
from analytics.runtime.comparison.quotes_fold import QuotesFold
from analytics.runtime.comparison.refold import Refold
from analytics.runtime.comparison.stored_inputs import StoredModels, StoredSearches
from analytics.runtime.comparison.stored_state import StoredState, stored_state
from analytics.runtime.comparison.verdict import Verdict, verdict
from analytics.runtime.comparison.whole_log import OpenLog, whole_log
from analytics.runtime.model_source import RegistryModelSource
from analytics.runtime.settings import engine_settings
from analytics.store.comparison.compared_tables import (
    BARS,
    Period,
    leave_out_bars_not_of_quotes,
    leave_out_unknown_records,
    read_at_one_moment,
    take_stored,
    write_only_temporary,
)
from analytics.store.forecasts.search_tables import OutcomeTable
from analytics.store.rules.closed_bars import StoredClosedBars
from ml.registry.model_folder import registry_of
from shared.postgres.database import Connection, allow_pauses, connect, transaction
from shared.progress.offsets import GroupOnTopic
from shared.settings.config import Config

Progress = Callable[[int, int], None]
"""Called with the number of messages folded so far, and of all."""


def compare_with_log(config: Config, period: Period, progress: Progress) -> Verdict:
    """Compare the rows of a period with the log. Servers must be running.

    Raises LogIncomplete if the log lacks messages, CannotCompare, or Unavailable.
    """
    dsn = config.postgres.dsn_for(config.database())
    with closing(connect(dsn, "comparison")) as connection, closing(OutcomeTable(dsn)) as outcomes:
        stored = _taken(connection, config, period)
        models = StoredModels(_models(config, stored))
        refold = Refold(connection, period, stored, StoredSearches(outcomes), models, StoredClosedBars(dsn))
        with whole_log(config.kafka.brokers, config.topic(), stored.origin, stored.reached) as opened:
            _fold(refold, stored, opened, progress)
        with transaction(connection) as cursor:
            left_out = list(leave_out(cursor, stored, refold, models))
            return _not_empty(verdict(cursor, left_out, _notes(stored)))


def compare_with_quotes(config: Config, period: Period) -> Verdict:
    """Compare the bars of a period that the table of quotes alone can show. PostgreSQL must be running.

    Raises CannotCompare or Unavailable.
    """
    dsn = config.postgres.dsn_for(config.database())
    with closing(connect(dsn, "comparison")) as connection:
        stored = _taken(connection, config, period)
        with transaction(connection) as cursor:
            allow_pauses(cursor)
            QuotesFold(connection, stored.plans, period).fold(cursor)
            rows = leave_out_bars_not_of_quotes(cursor)
            reason = "they contain recorded bars, quotes that entered no bar, a single quote, or a split"
            left_out = [LeftOut(rows, "bars that quotes alone do not show", reason)]
            leave_out_unknown_records(cursor, BARS)
            return verdict(cursor, left_out, (), [BARS])


def _taken(connection: Connection, config: Config, period: Period) -> StoredState:
    """Copy the stored rows and read how far they go, all at one moment."""
    with transaction(connection) as cursor:
        read_at_one_moment(cursor)
        reading = GroupOnTopic(config.kafka.group_id, config.topic())
        state = stored_state(cursor, reading, engine_settings(config))
        take_stored(cursor, period)
    write_only_temporary(connection)
    return state


def _models(config: Config, state: StoredState) -> ModelSource:
    """The registry, unless no model was ever deployed: opening a new one would create its key."""
    if any(state.deployments.values()):
        return RegistryModelSource(registry_of(config), config.models)
    return EmptyModelSource()


def _notes(state: StoredState) -> list[str]:
    return [
        f"the settings before offset {plan.assumed_until} of partition {partition} are not stored: it is assumed that "
        "they were the same"
        for partition, plan in state.plans.items()
        if plan.assumed_until is not None
    ]


def _fold(refold: Refold, state: StoredState, opened: OpenLog, progress: Progress) -> None:
    total = sum(at.next_offset - at.first_offset for at in state.reached.values())
    done = 0
    progress(done, total)
    for partition in state.reached:
        for count in refold.fold(partition, opened):
            done += count
            progress(done, total)
    refold.evaluate_across()


def _not_empty(result: Verdict) -> Verdict:
    """Raises CannotCompare if there is nothing to compare."""
    if not result.compared and not any(rows for rows, *_ in result.left_out):
        raise CannotCompare("No bar ended in this period, neither in the tables nor in the log.")
    return result
