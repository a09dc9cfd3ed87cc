"""Trading hours: lunch breaks, currencies at the weekend, exchanges without a mapping, and the length of a year."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest

from analytics.engine.bars import slot_of
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from producer.live.quality.health import SourceHealth, SymbolCondition, basic_condition
from producer.sources.yahoo.quotes import read
from shared.calendars.calendars import Exchange, Weekdays, calendar_of, periods_per_year
from shared.errors import StreamSilent
from shared.market.exchanges import calendar_name, is_known, merged_exchange, with_zone
from tests.inputs.records import bars_of, folded, mark, moment, quote, second

NEW_YORK, SHANGHAI = ZoneInfo("America/New_York"), ZoneInfo("Asia/Shanghai")

YAHOOS_CODES = """
    ASX BSE NSI SAO MEX TOR VAN NEO CNQ FRA GER STU MUN BER HAM DUS HAN PAR AMS BRU LIS LSE IOB ISE DUB
    MIL MCE STO CPH HEL OSL ICE VIE EBS ZRH WSE PRA BUD ATH BVB IST TLV SAU JNB HKG SHH SHZ JPX OSA KSC
    KOE TAI TWO SES KLS SET JKT PHS NZE BUE SGO BVC NYM CMX CBT CME NYB CCY CCC SNP DJI NIM WCB CXI CGI
    PNK OQB OQX OEM ASE PCX BTS NMS NGM NCM NYQ NYS TAL RIS LIT MCX CXA FGI OPR
"""
YAHOOS_WORDS = """
    NasdaqGS, NasdaqGM, NasdaqCM, NYSE, NYSEArca, NYSE American, Cboe US, Other OTC, OTC Markets OTCPK,
    LSE, IOB, XETRA, Frankfurt, Stuttgart, Munich, Berlin, Hamburg, Dusseldorf, Paris, Amsterdam,
    Brussels, Lisbon, Milan, MCE, Swiss, Vienna, Warsaw, Prague, Budapest, Athens, Stockholm,
    Copenhagen, Helsinki, Oslo, Iceland, Istanbul, Tel Aviv, Saudi, Johannesburg, HKSE, Tokyo, Osaka,
    Shanghai, Shenzhen, Taiwan, Taipei Exchange, KSE, KOSDAQ, NSE, BSE, SES, Kuala Lumpur, Thailand,
    Jakarta, ASX, NZSE, Toronto, TSXV, Canadian Sec, Cboe CA, Mexico, São Paulo, Sao Paolo,
    Buenos Aires, Santiago, COMEX, NY Mercantile, CBOT, CME, NYBOT, CCY, CCC, SNP, DJI, Nasdaq GIDS
"""


def condition_after(
    exchange: str, now: datetime, silent_for: float, error: StreamSilent | None = None
) -> SymbolCondition:
    """The condition shown for a symbol whose last quote came `silent_for` seconds ago."""
    health, second_now = SourceHealth(streams=True), now.timestamp()
    health.connected()
    if error is not None:
        health.lost(error, True, second_now + 20)
    calendar = calendar_of(exchange)
    return basic_condition("yahoo", health, None, None, True, second_now - silent_for, calendar, second_now)


@pytest.mark.parametrize(
    ("exchange", "zone", "noon", "resumes", "minutes"),
    [
        ("SHH", "Asia/Shanghai", "12:10", "13:00", 240),
        ("SHZ", "Asia/Shanghai", "12:10", "13:00", 240),
        ("HKG", "Asia/Hong_Kong", "12:30", "13:00", 330),
        ("JPX", "Asia/Tokyo", "12:00", "12:30", 330),
    ],
)
def test_lunch_break_is_closed_and_counts_no_minutes_of_the_year(
    exchange: str, zone: str, noon: str, resumes: str, minutes: int
) -> None:
    """Scenario: at noon in Shanghai, Hong Kong and Tokyo the stream was called silent, and volatility was too high."""
    day, place = datetime(2025, 11, 26), ZoneInfo(zone)
    now, opens = (
        datetime.combine(day, datetime.strptime(text, "%H:%M").time(), place) for text in (noon, resumes)
    )
    condition = condition_after(exchange, now, 40 * 60, StreamSilent("yahoo sent nothing for 31 s"))
    assert (condition.state, condition.cause, condition.opens_at) == (
        "closed",
        "market closed",
        opens.timestamp(),
    )
    assert calendar_of(exchange).at(int(opens.timestamp())).name == "regular"
    assert periods_per_year(calendar_of(exchange), 60) == 252 * minutes


def test_both_halves_of_a_day_with_a_break_are_one_day_bar() -> None:
    """Scenario: trades before and after lunch in Hong Kong, and one that is reported within the break."""
    first, noon, last = (second(f"2024-06-12T{at}") for at in ("01:30", "04:20", "07:59"))
    quotes = [quote(time, price, exchange="HKG") for time, price in ((first, 5.0), (noon, 7.0), (last, 6.0))]
    events = folded(Engine(EngineSettings()), [*quotes, mark(last + 7200)])
    (day,) = bars_of(events, "1d")
    assert (day.start, day.open, day.high, day.close, day.quotes) == (first, 5.0, 7.0, 6.0, 3)
    assert [bar.session for bar in bars_of(events, "1m")] == ["regular", "closed", "regular"]


@pytest.mark.parametrize(
    ("text", "silent_for", "state"),
    [
        ("2025-11-21 16:30", 1, "live"),
        ("2025-11-21 17:00", 1, "closed"),
        ("2025-11-21 18:30", 5400, "closed"),
        ("2025-11-22 12:00", 68_400, "closed"),
        ("2025-11-23 16:59", 86_400, "closed"),
        ("2025-11-23 17:30", 1, "live"),
        ("2025-11-24 03:00", 1, "live"),
    ],
)
def test_currencies_are_open_from_sunday_to_friday_at_five_in_new_york(
    text: str, silent_for: float, state: str
) -> None:
    """Reported to LEAN and oanda-api-v20: quotes on Sunday evening."""
    condition = condition_after("CCY", datetime.fromisoformat(text).replace(tzinfo=NEW_YORK), silent_for)
    assert condition.state == state
    if state == "closed":
        assert condition.opens_at == datetime(
            2025, 11, 23, 17, tzinfo=NEW_YORK
        ).timestamp() or text.startswith("2025-11-23")


def test_sunday_evening_of_currencies_is_in_hours_and_in_no_day() -> None:
    """Reported to LEAN. The day is London's, from Monday to Friday, as Yahoo cuts it."""
    evening, midnight = second("2024-01-07T22:10"), second("2024-01-08T00:00")
    quotes = [
        quote(time, price, exchange="CCY") for time, price in ((evening, 1.09), (midnight + 600, 1.094))
    ]
    events = folded(Engine(EngineSettings()), [*quotes, mark(midnight + 2 * 86_400)])
    assert [bar.session for bar in bars_of(events, "1h")] == ["regular", "regular"]
    assert [(bar.start, bar.open, bar.quotes) for bar in bars_of(events, "1d")] == [(midnight, 1.094, 1)]


def test_currencies_have_their_times_of_closing_and_opening() -> None:
    """Scenario: what `symbols describe` names as the next change of the session."""
    market, friday = calendar_of("CCY"), int(datetime(2025, 11, 21, 17, tzinfo=NEW_YORK).timestamp())
    assert market.next_change(friday - 3 * 86_400) == friday
    assert market.next_change(friday) == friday + 48 * 3600
    assert market.next_change(friday + 48 * 3600) == friday + 7 * 86_400


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("2025-12-24 16:59", "live"),
        ("2025-12-24 17:00", "closed"),
        ("2025-12-25 12:00", "closed"),
        ("2025-12-25 17:00", "live"),
        ("2025-12-31 17:30", "closed"),
        ("2026-01-01 16:59", "closed"),
        ("2026-01-01 17:00", "live"),
        ("2026-12-25 16:00", "closed"),
        ("2026-12-25 18:00", "closed"),
    ],
)
def test_currencies_rest_on_christmas_and_new_years_day(text: str, state: str) -> None:
    """Scenario: "stream silent" on Christmas Eve from 22:00 UTC on; Christmas of 2026 is a Friday."""
    assert condition_after("CCY", datetime.fromisoformat(text).replace(tzinfo=NEW_YORK), 1).state == state


def test_currencies_have_their_opening_after_a_holiday() -> None:
    """Scenario: what `symbols describe` names on 24 December; of 2026 the weekend follows."""
    market = calendar_of("CCY")
    for eve, opens in (("2025-12-24T22:00", "2025-12-25T22:00"), ("2026-12-24T22:00", "2026-12-27T22:00")):
        assert market.next_change(second(eve) - 3600) == second(eve)
        assert market.next_change(second(eve)) == second(opens)


def test_day_of_currencies_on_a_holiday_is_a_day_of_london_as_their_source_has_it() -> None:
    """Scenario: the days of before have the same bounds, live and in history."""
    noon, midnight = second("2025-12-25T12:00"), second("2025-12-25T00:00")
    slot = slot_of("1d", noon, calendar_of("CCY"))
    assert slot is not None
    assert (slot.start, slot.end) == (midnight, midnight + 86_400)


@pytest.mark.parametrize("name", YAHOOS_CODES.split())
def test_code_of_yahoos_list_has_a_calendar(name: str) -> None:
    """Scenario: ^VIX (CGI) and ^STOXX50E (ZRH) were taken for coins, open day and night."""
    assert calendar_name(name) is not None
    assert (name in ("CCC", "24/7")) == (calendar_of(name).days_per_year == 365)


@pytest.mark.parametrize("words", re.split(r",\s+", YAHOOS_WORDS.strip()))
def test_exchange_in_words_is_the_one_of_its_code(words: str) -> None:
    """Scenario: a file made from Yahoo's `fullExchangeName`."""
    assert is_known(words)
    assert calendar_of(words) is calendar_of(words.upper())
    assert isinstance(calendar_of(words), Weekdays) == (words in ("Athens", "Tel Aviv"))


@pytest.mark.parametrize(
    ("zone", "open_day", "closed_day"),
    [
        ("Europe/Belgrade", "2026-11-23T12:00", "2026-11-22T12:00"),
        ("Asia/Kuwait", "2026-11-22T08:00", "2026-11-20T08:00"),
        ("Asia/Jerusalem", "2025-11-23T08:00", "2025-11-21T08:00"),
        ("Asia/Jerusalem", "2026-11-20T08:00", "2026-11-22T08:00"),
    ],
)
def test_unmapped_code_is_open_on_the_weekdays_of_the_zone_of_the_source(
    zone: str, open_day: str, closed_day: str
) -> None:
    """Scenario: an exchange that Yahoo adds tomorrow."""
    exchange = with_zone("XYZ", zone)
    assert exchange == f"XYZ@{zone}"
    calendar = calendar_of(exchange)
    assert calendar.zone.key == zone
    assert calendar.at(second(open_day)).name == "regular"
    assert calendar.at(second(closed_day)).name == "closed"
    assert slot_of("1d", second(closed_day), calendar) is None


def test_unmapped_code_without_a_zone_is_no_market_around_the_clock() -> None:
    """Scenario: the source names neither a known code nor a zone; or a zone that there is not."""
    for exchange in ("XYZ", "XYZ@Nowhere/Atlantis", "XYZ@" + "x" * 300):
        assert calendar_of(exchange).at(second("2026-11-22T12:00")).name == "closed"
        assert not is_known(exchange)


@pytest.mark.parametrize(
    ("fields", "open_at", "closed_at"),
    [
        (
            {"quoteType": "EQUITY", "exchangeTimezoneName": "Europe/Belgrade"},
            "2026-11-23T00:30",
            "2026-11-22T22:30",
        ),
        ({"exchangeTimezoneName": "Europe/Belgrade"}, "2026-11-23T00:30", "2026-11-22T22:30"),
        ({"quoteType": "ETF"}, "2026-11-28T04:30", "2026-11-23T04:30"),
        (
            {"quoteType": "ETF", "exchangeTimezoneName": "Nowhere/Atlantis"},
            "2026-11-28T04:30",
            "2026-11-23T04:30",
        ),
        ({"quoteType": "CURRENCY"}, "2026-11-23T04:30", "2026-11-22T12:00"),
    ],
)
def test_share_whose_source_leaves_out_its_exchange_is_open_on_weekdays(
    fields: dict[str, str], open_at: str, closed_at: str
) -> None:
    """Scenario: a row of Yahoo's without `exchange` was taken for a coin; with no zone it is New York's."""
    row = {
        "symbol": "X",
        "regularMarketPrice": 5.0,
        "regularMarketTime": second("2026-11-20T12:00"),
        **fields,
    }
    (quote,) = read([row], ["X"], moment(second("2026-12-01T00:00"))).quotes
    assert is_known(quote.exchange or ""), "a recording of it can be replayed"
    calendar = calendar_of(quote.exchange)
    assert calendar.at(second(open_at)).name == "regular"
    assert calendar.at(second(closed_at)).name == "closed"


def test_coin_needs_no_exchange() -> None:
    """Scenario: coins trade around the clock, also where a row or a chart names no place."""
    row = {"symbol": "X", "regularMarketPrice": 5.0, "regularMarketTime": 1_795_176_000}
    for beside in ({"quoteType": "CRYPTOCURRENCY"}, {"exchangeTimezoneName": "UTC"}, {}):
        (quote,) = read([{**row, **beside}], ["X"], moment(second("2026-12-01T00:00"))).quotes
        assert quote.exchange is None


def test_known_exchange_code_stays_after_rows_without_one() -> None:
    """Scenario: one row of many leaves the exchange out."""
    assert merged_exchange("UNTOLD@Europe/London", "LSE") == "LSE"
    assert merged_exchange("LSE", "UNTOLD@Europe/London") == "LSE"


def test_known_code_needs_no_zone() -> None:
    """Scenario: Yahoo names both."""
    assert with_zone("NMS", "America/New_York") == "NMS"
    assert with_zone(None, "America/New_York") is None
    assert with_zone("XYZ", None) == "XYZ"


@pytest.mark.parametrize("today", ["2026-02-03", "2026-11-28", "2027-12-27", "2031-05-05"])
@pytest.mark.parametrize("code", ["XTKS", "XNYS", "XHKG"])
def test_year_has_as_many_minutes_whatever_the_date_is(
    monkeypatch: pytest.MonkeyPatch, code: str, today: str
) -> None:
    """Scenario: Tokyo closes half an hour later since November 2024; the last year known changed with the date."""
    make = exchange_calendars.get_calendar
    monkeypatch.setattr(
        exchange_calendars, "get_calendar", lambda name, start: make(name, start=start, end=today)
    )
    assert Exchange(code).day_seconds == {"XTKS": 5.5, "XNYS": 6.5, "XHKG": 5.5}[code] * 3600


def test_market_of_a_quote_follows_from_the_log_alone() -> None:
    """Scenario: a replay on another machine cuts the same days, because the zone travels with the exchange."""
    noon = second("2026-11-23T12:00")
    sent = quote(noon, 10.0, exchange=with_zone("XYZ", "Europe/Belgrade"))
    (day,) = bars_of(folded(Engine(EngineSettings()), [sent, mark(noon + 2 * 86_400)]), "1d")
    assert moment(day.start).astimezone(ZoneInfo("Europe/Belgrade")).hour == 0


def test_zone_stays_after_quotes_of_a_stream_without_one() -> None:
    """Scenario: Yahoo's stream names the code alone, its chart and its polled quotes the zone too."""
    assert merged_exchange("XYZ", "XYZ@Europe/Belgrade") == "XYZ@Europe/Belgrade"
    assert merged_exchange(None, "XYZ@Europe/Belgrade") == "XYZ@Europe/Belgrade"
    assert merged_exchange("NMS", "NYQ") == "NMS"
    assert merged_exchange("NMS", None) == "NMS"
