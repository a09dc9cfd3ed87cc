"""python -m analytics.replay --from-log where the log is gone or still grows."""

import msgspec
import pytest

from analytics.analytics_consumer import analyse
from analytics.runtime.comparison.verdict import DIFFERENT, IDENTICAL, NOT_COMPARED
from shared.market.records import Record
from tests.inputs.records import mark, quote
from tests.integration.comparison.replayed import compared, execute
from tests.integration.comparison.trading import OPEN, trading
from tests.integration.desk import Desk, printed
from tests.integration.topic_changes import delete_before, delete_topic
from tests.reports.log.folded_logs import read_all


@pytest.fixture
def traded(desk: Desk) -> Desk:
    """An hour that both parts have read, with two symbols in one partition."""
    desk.settings |= {"FORECAST_INTERVALS": "none", "KAFKA_PARTITIONS": "1", "PRICE_CHANGE_THRESHOLD": "0.01"}
    desk.publish(trading(0, 60))
    read_all(desk)
    return desk


def test_a_log_cut_at_its_beginning_leaves_the_bars_of_quotes_to_compare(
    traded: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    delete_before(traded, 10)
    assert compared(traded) == NOT_COMPARED
    output = printed(capsys)
    assert (
        "partition 0 begins at offset 10 now; the 10 messages before it, which were read, are deleted"
        in output
    )
    ((bars,),) = traded.rows("select count(*) from bars where symbol = 'A'")
    assert f"bars {bars} rows" in output
    assert "not compared: " in output
    assert "These bars equal those of the stored quotes." in output
    execute(traded, "update bars set high = high + 1 where symbol = 'A' and interval = '5m'")
    assert compared(traded) == DIFFERENT
    assert "first difference: bars of A 5m from 2024-01-03T15:00:00+00:00: high is stored as" in printed(
        capsys
    )


def minutes(first: int, count: int) -> list[Record]:
    """Two trades a minute, and an odd lot that is higher than both."""
    found: list[Record] = []
    for minute in range(first, first + count):
        start = OPEN + 60 * minute
        odd = msgspec.structs.replace(quote(start + 10, 100.2, size=1.0, position=minute), conditions="I")
        trades = [quote(start + after, 100.0, size=1.0, position=minute) for after in (0, 20)]
        found += [trades[0], odd, trades[1], mark(start + 60)]
    return found


def test_bars_of_quotes_are_made_by_the_settings_of_their_time(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found by reading: after a change of TRADE_CONDITIONS, correct bars from before it were called different."""
    desk.settings |= {"FORECAST_INTERVALS": "none", "KAFKA_PARTITIONS": "1", "TRADE_CONDITIONS": "all"}
    desk.publish(minutes(0, 20))
    read_all(desk)
    desk.settings |= {"TRADE_CONDITIONS": "tape"}
    desk.publish(minutes(20, 20))
    read_all(desk)
    delete_before(desk, 10)
    assert compared(desk) == NOT_COMPARED
    assert "These bars equal those of the stored quotes." in printed(capsys)


def test_a_deleted_topic_leaves_the_bars_of_quotes_to_compare(
    traded: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    delete_topic(traded)
    assert compared(traded) == NOT_COMPARED
    assert f"has no topic {traded.config.topic()} any more" in printed(capsys)
    traded.publish(trading(0, 1))
    assert compared(traded) == NOT_COMPARED
    assert "was deleted and created again since it was read" in printed(capsys)


def test_a_database_filled_from_another_message_at_the_last_offset_is_not_called_identical(
    traded: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(traded, "update progress set fingerprint = 'other'")
    assert compared(traded) == NOT_COMPARED
    assert "holds another message at offset 359" in printed(capsys)


def test_messages_that_arrive_meanwhile_are_compared_up_to_the_stored_offset(
    traded: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with traded.at_work(analyse):
        for hour in range(1, 4):
            traded.publish(trading(60 * hour, 60))
            assert compared(traded) == IDENTICAL
        traded.wait_until_read("analytics")
    assert compared(traded) == IDENTICAL
    assert printed(capsys).endswith("identical")
