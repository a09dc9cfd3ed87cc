"""Six American shares and funds over years, with Apple's splits, against pandas with closes in the newest shares."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.cross_section.closes import Close, bar_time, in_new_shares
from analytics.cross_section.moves import (
    Benchmark,
    Move,
    PricedBar,
    PricedSeries,
    breadth_of,
    moves_between,
    with_logarithms,
)
from shared.market.records import CorporateAction, RecordedBar
from shared.market.splits import SplitAt
from shared.recordings.sequence import recorded

END, SESSION, ROUNDING = 2**40, 23_400, 1e-12

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def series(real_data: Path) -> dict[str, PricedSeries]:
    bars: dict[str, list[PricedBar]] = {}
    splits: dict[str, list[SplitAt]] = {}
    for record in recorded(sorted((real_data / "market_lean/lean/Data/equity/usa/daily").glob("*.zip"))):
        if isinstance(record, RecordedBar):
            start = int(record.start.timestamp())
            bars.setdefault(record.symbol, []).append(PricedBar(start, start + SESSION, record.close, None))
        elif isinstance(record, CorporateAction) and record.action == "split":
            splits.setdefault(record.symbol, []).append(SplitAt(record.time.timestamp(), record.value))
    assert len(bars) == 6 and len(splits["AAPL"]) >= 2
    return {symbol: PricedSeries(found, splits.get(symbol, ())) for symbol, found in bars.items()}


@pytest.fixture(scope="module")
def moves(series: dict[str, PricedSeries]) -> dict[str, dict[int, Move]]:
    benchmark = Benchmark("SPY", with_logarithms("1d", series["SPY"]), END)
    return {symbol: moves_between("1d", each, benchmark, 60, 0, END) for symbol, each in series.items()}


@pytest.fixture(scope="module")
def closes(series: dict[str, PricedSeries]) -> pd.DataFrame:
    """A column for each symbol, a row for each date."""
    found = {}
    for symbol, (bars, splits) in series.items():
        adjusted = in_new_shares([Close(bar.start, bar.close) for bar in bars], splits)
        times = [bar_time("1d", bar.start, bar.end) for bar in bars]
        found[symbol] = dict(zip(times, [close for _, close in adjusted], strict=True))
    return pd.DataFrame(found).sort_index()


def test_breadth_counts_the_changes_of_adjusted_closes(
    moves: dict[str, dict[int, Move]], closes: pd.DataFrame
) -> None:
    changes = {symbol: closes[symbol].dropna().pct_change().dropna() for symbol in closes}
    signs = pd.DataFrame(
        {symbol: np.sign(change.where(change.abs() > ROUNDING, 0.0)) for symbol, change in changes.items()}
    )
    assert len(closes) > 3_000
    for time, row in closes.iterrows():
        found = breadth_of(each[time] for each in moves.values() if time in each)
        now = signs.loc[time] if time in signs.index else pd.Series(dtype=float)
        expected = (row.count(), (now == 1).sum(), (now == -1).sum(), (now == 0).sum())
        assert found[:4] == expected


@pytest.mark.parametrize("symbol", ["AAPL", "BAC", "QQQ", "SPY"])
def test_betas_are_those_of_adjusted_closes(
    moves: dict[str, dict[int, Move]], closes: pd.DataFrame, symbol: str
) -> None:
    own, market = closes[symbol], closes["SPY"]
    both = np.log(pd.DataFrame({"own": own, "market": market}).dropna()).diff().dropna()
    expected = both["own"].rolling(60).cov(both["market"]) / both["market"].rolling(60).var()
    compared = {time: beta for time, beta in expected.dropna().items() if moves[symbol][time].returns == 60}
    assert len(compared) > 3_000  # QQQ has a gap of years, behind which its returns count anew
    for time, beta in compared.items():
        assert moves[symbol][time].beta == pytest.approx(beta, rel=1e-7, abs=1e-9)
