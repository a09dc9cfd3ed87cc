"""Real answers of Yahoo: each recorded body is read by the code that is used live."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from producer.sources.yahoo import quotes
from producer.sources.yahoo.charts import chart_types
from producer.sources.yahoo.company import CompanyBody as SummaryBody
from producer.sources.yahoo.company import company_of
from shared.market.records import Quote, RecordedBar
from tests.inputs.chart_records import actions, bars

pytestmark = pytest.mark.real_data

LATER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def recorded(real_data: Path) -> Path:
    folder = real_data / "providers" / "yahoo_finance"
    if not folder.is_dir():
        pytest.skip(f"no recorded answers of Yahoo at {folder}")
    return folder


def body_of(path: Path) -> Any:
    decoded = json.loads(path.read_text())
    return decoded["response"]["bodyJson"] if "response" in decoded else decoded


def chart_of(path: Path) -> chart_types.Chart:
    charts = msgspec.convert(body_of(path), chart_types.ChartBody).chart.result
    assert charts is not None
    return charts[0]


def quote_rows(path: Path) -> list[dict[str, Any]]:
    return msgspec.convert(body_of(path), quotes.QuoteBody).quote_response.result or []


def recorded_quote(path: Path) -> Quote:
    rows = quote_rows(path)
    received = quotes.read(rows, [row["symbol"] for row in rows], LATER)
    return received.quotes[0]


def charts(folder: Path) -> Iterator[tuple[Path, chart_types.Chart]]:
    for path in sorted((folder / "v8_chart").glob("*.json")):
        yield path, chart_of(path)


def test_every_recorded_quote_is_read_and_none_refused(recorded: Path) -> None:
    paths = sorted((recorded / "v7_quote").glob("*.json"))
    read = []
    for path in paths:
        rows = quote_rows(path)
        received = quotes.read(rows, [row["symbol"] for row in rows], LATER)
        assert received.refused == 0, path.name
        read += received.quotes
    assert len(paths) == 35
    # What was delisted, and an option that ended, have no price.
    assert {"SI", "SIMP", "BRKS", "ADH", "SIX"}.isdisjoint(quote.symbol for quote in read)
    assert len(read) == 29


def test_the_newest_price_counts_with_its_own_time_and_session(recorded: Path) -> None:
    quote = recorded_quote(recorded / "v7_quote" / "quote-AAPL.json")
    assert (quote.price, quote.session) == (244.64, "post")
    assert quote.event_time == datetime.fromtimestamp(1739581198, UTC)
    assert (quote.bid, quote.ask, quote.previous_close) == (244.44, 253.37, 244.6)
    assert (quote.day_open, quote.day_high, quote.day_low, quote.day_volume) == (None, None, None, None)
    assert (quote.currency, quote.exchange) == ("USD", "NMS")


def test_a_price_of_the_session_has_the_figures_of_the_session(recorded: Path) -> None:
    quote = recorded_quote(recorded / "v7_quote" / "quote-LDO.MI.json")
    assert (quote.price, quote.session, quote.previous_close) == (33.38, "regular", 31.68)
    assert (quote.day_open, quote.day_volume) == (33.3, 3_501_283)


def test_a_bid_of_zero_is_no_bid_and_pence_stay_pence(recorded: Path) -> None:
    soho = recorded_quote(recorded / "v7_quote" / "quote-SOHO.json")
    assert (soho.price, soho.bid, soho.ask) == (0.8401, None, None)
    ocado = recorded_quote(recorded / "v7_quote" / "quote-OCDO.L.json")
    assert (ocado.price, ocado.currency, ocado.exchange, ocado.session) == (308.8, "GBp", "LSE", "regular")
    assert recorded_quote(recorded / "v7_quote" / "quote-AFRAF.json").previous_close is None


def test_a_quote_before_the_opening_is_that_of_the_early_traders(recorded: Path) -> None:
    module = body_of(recorded / "v10_quoteSummary" / "quoteSummary-all-AAPL.json")
    row = module["quoteSummary"]["result"][0]["price"]
    quote = quotes.read([row], ["AAPL"], LATER).quotes[0]
    assert (quote.price, quote.session) == (245.24, "pre")
    assert quote.event_time == datetime.fromtimestamp(1740389689, UTC)


def test_rows_without_a_time_are_refused(recorded: Path) -> None:
    rows = quote_rows(
        recorded / "edge_cases_2026-10-05" / "quote_AAPL_7203.T_BTC-USD_trimmed_fields.200.json"
    )
    received = quotes.read(rows, ["AAPL", "7203.T", "BTC-USD"], LATER)
    assert (received.quotes, received.refused) == ([], 3)


@pytest.mark.parametrize(
    "change",
    [
        {"regularMarketPrice": float("nan")},
        {"regularMarketPrice": -1.0},
        {"regularMarketPrice": 0},
        {"regularMarketPrice": "244.6"},
        {"regularMarketTime": 1739566802 + 6},
        {"regularMarketTime": -1},
        {"symbol": "MSFT"},
    ],
)
def test_a_row_that_makes_no_sense_is_refused_alone(recorded: Path, change: dict[str, Any]) -> None:
    rows = quote_rows(recorded / "v7_quote" / "quote-AAPL-BABA.json")
    for row in rows:
        del row["postMarketPrice"]
    received_time = datetime.fromtimestamp(1739566802, UTC)
    whole = quotes.read(rows, ["AAPL", "BABA"], received_time)
    assert (len(whole.quotes), whole.refused) == (2, 0)
    received = quotes.read([{**rows[0], **change}, rows[1]], ["AAPL", "BABA"], received_time)
    assert ([quote.symbol for quote in received.quotes], received.refused) == (["BABA"], 1)


def test_every_recorded_chart_is_read(recorded: Path) -> None:
    counts = {path.name: len(list(bars(found, "X", "1d", LATER))) for path, found in charts(recorded)}
    assert len(counts) == 44
    assert counts["chart-AAPL-2020-08-31-to-2020-11-07.json"] == 49
    assert counts["historical-via-chart-dividends-TSLA-no-dividends.json"] == 3303
    assert [name for name, count in counts.items() if not count] == [
        "chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m.json"
    ]


def by_date(found: Iterator[RecordedBar]) -> dict[str, RecordedBar]:
    return {bar.start.date().isoformat(): bar for bar in found}


def test_days_before_a_split_have_the_prices_of_those_days(recorded: Path) -> None:
    nvidia = chart_of(
        recorded / "v8_chart" / "historical-via-chart-NVDA-split-2021-02-01-to-2022-01-31.csv.json"
    )
    days = by_date(bars(nvidia, "NVDA", "1d", LATER))
    adjusted = {point.time: point for point in chart_types.points(nvidia)}
    before, after = days["2021-07-19"], days["2021-07-20"]
    assert before.close == round(4 * adjusted[int(before.start.timestamp())].close, 4)
    assert after.close == round(adjusted[int(after.start.timestamp())].close, 4)
    assert before.volume == (adjusted[int(before.start.timestamp())].volume or 0) / 4
    [split] = actions(nvidia, "NVDA", None, LATER)
    assert (split.action, split.value, split.time) == ("split", 4.0, datetime(2021, 7, 20, 4, tzinfo=UTC))


def test_recorded_actions_have_the_midnight_of_new_york(recorded: Path) -> None:
    apple = chart_of(recorded / "v8_chart" / "chart-AAPL-2020-08-31-to-2020-11-07.json")
    found = {action.action: (action.time, action.value) for action in actions(apple, "AAPL", None, LATER)}
    assert found["split"] == (datetime(2020, 8, 31, 4, tzinfo=UTC), 4.0)
    assert found["dividend"] == (datetime(2020, 11, 6, 5, tzinfo=UTC), 0.205)
    day_of_split = datetime(2020, 8, 31, 20, tzinfo=UTC)
    assert len(list(actions(apple, "AAPL", day_of_split, LATER))) == 2
    later = list(actions(apple, "AAPL", datetime(2020, 9, 1, 4, tzinfo=UTC), LATER))
    assert [action.action for action in later] == ["dividend"]


def test_the_price_of_the_moment_is_no_bar_and_its_own_bar_not_finished(recorded: Path) -> None:
    apple = chart_of(recorded / "edge_cases_2026-10-05" / "chart_AAPL_5m_1d_midsession.200.json")
    for seconds_late in (1, 900):
        now = datetime.fromtimestamp(1791208707 + seconds_late, UTC)
        found = list(bars(apple, "AAPL", "5m", now))
        assert [int(bar.start.timestamp()) for bar in found] == [
            *(1791207000, 1791207300, 1791207600, 1791207900, 1791208200)
        ]
    assert found[0].open == 332.795
    assert found[2].open == 335.38


def test_halts_are_no_bars_and_the_price_after_the_close_is_none(recorded: Path) -> None:
    toyota = chart_of(recorded / "edge_cases_2026-10-05" / "chart_7203.T_5m_1d_nulls_cut_to_10_bars.200.json")
    found = list(bars(toyota, "7203.T", "5m", LATER))
    starts = [int(bar.start.timestamp()) for bar in found]
    empty = [
        time
        for time, price in zip(toyota.timestamp, toyota.indicators.quote[0].close, strict=True)
        if price is None
    ]
    assert empty
    assert starts == [time for time in toyota.timestamp if time not in empty and time != 1791181800]


def test_companies_are_read_from_every_recorded_summary(recorded: Path) -> None:
    paths = sorted((recorded / "v10_quoteSummary").glob("*price*.json"))
    for path in paths:
        [summary] = msgspec.convert(body_of(path), SummaryBody).quote_summary.result
        assert company_of("X", summary).decimals >= 2
    everything = body_of(recorded / "v10_quoteSummary" / "quoteSummary-all-AAPL.json")
    [apple] = msgspec.convert(everything, SummaryBody).quote_summary.result
    assert company_of("AAPL", apple).sector == "Technology"
    assert company_of("AAPL", apple).time_zone == "America/New_York"
