"""Scenario: the part is killed, or a symbol is new, before a snapshot has its symbols, and the settings are changed
before the next start. Nothing in the snapshot differed from the new settings, so bars that were written keep values of
the old ones, permanently and without a report."""

from dataclasses import replace

import pytest

from analytics.engine.engine_settings import EngineSettings
from shared.postgres.database import Connection
from tests.inputs.own_files import own, variant
from tests.integration.fold_runs import NEW_PERIODS, OLD, LoggedMessage, fold, log_of, log_of_two, table

TABLES = ("bars", "indicators", "open_bars", "own_indicators")
ONE, OTHER = own(), own(variant('"average_range_period", 14', '"average_range_period", 5'))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OLD, NEW_PERIODS),
        (replace(OLD, own=(ONE,)), replace(OLD, own=(OTHER,))),
        (OLD, replace(OLD, own=(ONE,))),
    ],
    ids=["periods", "changed file", "new file"],
)
@pytest.mark.parametrize("kept", [0, 20], ids=["no symbol in the snapshot", "one symbol in the snapshot"])
def test_every_row_is_of_the_settings_of_the_last_start(
    databases: tuple[Connection, Connection], before: EngineSettings, after: EngineSettings, kept: int
) -> None:
    changed, fresh = databases
    log = first_symbol_first(kept)
    fold(changed, before, log, kept, killed=False)
    fold(changed, before, log, 500, killed=True)
    fold(changed, after, log, len(log), killed=False)
    fold(fresh, after, log, len(log), killed=False)
    for name in TABLES:
        assert table(changed, name) == table(fresh, name)


def first_symbol_first(count: int) -> list[LoggedMessage]:
    """The quotes of ACME, or those of one symbol and then of two."""
    if not count:
        return log_of(120)
    first, both = log_of(60)[:count], log_of_two(60)[2 * count :]
    return [message._replace(offset=place) for place, message in enumerate([*first, *both])]
