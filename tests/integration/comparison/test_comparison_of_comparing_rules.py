"""python -m analytics.replay --from-log evaluates rules that compare symbols again, over all partitions."""

import pytest

from analytics.analytics_consumer import analyse
from analytics.runtime.comparison.verdict import DIFFERENT, IDENTICAL
from analytics.store.comparison.compared_tables import Period
from tests.integration.comparison.replayed import compared, execute
from tests.integration.desk import Desk, printed
from tests.integration.fold_runs import MORNING
from tests.integration.rules.two_partitions import logs
from tests.waiting import wait_for

ALERTS = "select count(*) from alerts where rule = 'rule 1'"


def test_alerts_of_two_partitions_are_identical_and_a_missing_one_is_named(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.settings |= {"FORECAST_INTERVALS": "none", "TRAINED_MODELS": "none"}
    for partition, messages in logs().items():
        desk.publish([message.value for message in messages], partition)
    with desk.at_work(analyse):
        desk.wait_until_read("analytics")
    wait_for(lambda: desk.rows(ALERTS) > [(20,)])
    assert compared(desk) == IDENTICAL
    assert compared(desk, Period(MORNING.timestamp() + 3600)) == IDENTICAL
    execute(desk, "delete from alerts where ctid = (select max(ctid) from alerts where rule = 'rule 1')")
    assert compared(desk) == DIFFERENT
    assert "first difference: alerts of GLD 1m" in printed(capsys)
