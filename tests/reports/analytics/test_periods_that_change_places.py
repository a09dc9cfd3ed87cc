"""Scenario: an indicator gets the period that another one of its class had, such as SMA 20 and 50 that become SMA 50
and 100. Its column was left as it was, because the stored states had one for that period: values of SMA 20 stayed in
it, permanently and without a report."""

from dataclasses import replace
from itertools import combinations

import msgspec
import pytest

from analytics.indicators.catalog import CATALOG, DEFAULTS
from analytics.indicators.spec import Parameters, Spec
from shared.postgres.database import Connection, transaction
from tests.integration.fold_runs import OLD, fold, log_of, table

SIBLINGS = [pair for pair in combinations(CATALOG, 2) if pair[0].indicator is pair[1].indicator]


def moved(first: Spec, second: Spec, upwards: bool) -> Parameters:
    """One of two indicators gets the periods of the other, which gets twice as long or half as long ones."""
    new = dict(DEFAULTS)
    for short, long in zip(first.parameters, second.parameters, strict=True):
        if upwards:
            new |= {short.name: long.default, long.name: 2 * long.default}
        else:
            new |= {long.name: short.default, short.name: short.default // 2}
    return new


def store_by_keys_only(connection: Connection) -> None:
    """Leave the snapshots as earlier versions stored them: states without the names of their indicators."""
    with transaction(connection) as cursor:
        cursor.execute("select symbol, state from symbol_snapshots")
        for symbol, state in cursor.fetchall():
            found = msgspec.json.decode(state)
            for series in found["series"].values():
                states = series["indicators"].items()
                series["indicators"] = {key.partition(":")[2]: stored for key, stored in states}
            text = msgspec.json.encode(found).decode()
            cursor.execute("update symbol_snapshots set state = %s where symbol = %s", (text, symbol))


def test_catalog_has_indicators_of_one_class() -> None:
    assert [(first.name, second.name) for first, second in SIBLINGS] == [
        ("sma_short", "sma_long"),
        ("ema_short", "ema_long"),
    ]


@pytest.mark.parametrize("is_earlier_version", [False, True], ids=["this version", "earlier version"])
@pytest.mark.parametrize("upwards", [True, False], ids=["upwards", "downwards"])
@pytest.mark.parametrize("pair", SIBLINGS, ids=[f"{first.name}, {second.name}" for first, second in SIBLINGS])
def test_every_column_has_the_values_of_its_new_period(
    databases: tuple[Connection, Connection], pair: tuple[Spec, Spec], upwards: bool, is_earlier_version: bool
) -> None:
    changed, fresh = databases
    log, new = log_of(180), replace(OLD, indicators=moved(*pair, upwards))
    fold(changed, OLD, log, 700, killed=False)
    if is_earlier_version:
        store_by_keys_only(changed)
    fold(changed, new, log, len(log), killed=False)
    fold(fresh, new, log, len(log), killed=False)
    for name in ("bars", "indicators", "open_bars"):
        assert table(changed, name) == table(fresh, name)
