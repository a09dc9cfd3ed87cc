"""python -m analytics.replay --from-log for real trades: all that is stored of them equals what the log gives."""

from pathlib import Path

import pytest

from analytics.runtime.comparison.verdict import DIFFERENT, IDENTICAL
from tests.chaos.recording import real_trades
from tests.integration.comparison.replayed import SETTINGS, compared, execute, fill
from tests.integration.desk import Desk, printed


@pytest.mark.real_data
def test_ninety_minutes_of_four_shares_are_identical_until_a_number_is_changed(
    desk: Desk, real_data: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    replayed = desk.replaying(real_trades(real_data, tmp_path_factory.mktemp("trades")))
    replayed.settings |= SETTINGS
    fill(replayed)
    assert compared(replayed) == IDENTICAL
    printed(capsys)
    changed = "update bars set close = close + 0.01 where (symbol, interval, start) = ('IBM', '1m', %s)"
    assert execute(replayed, changed, ("2013-10-07 19:00+00",)) == 1
    assert compared(replayed) == DIFFERENT
    assert "first difference: bars of IBM 1m from 2013-10-07T19:00:00+00:00: close is stored as" in printed(
        capsys
    )
