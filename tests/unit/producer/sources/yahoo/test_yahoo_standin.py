"""Yahoo over HTTP with the stand-in: quotes, companies, the session, and every kind of failure."""

from datetime import timedelta
from threading import Thread

import pytest

from producer.sources.yahoo import Yahoo
from shared.errors import SourceDown, SourceError, Throttled, UnknownSymbol
from tests.standin import Answer, Fault, StandIn
from tests.unit.yahoo_standin import NOW, records, yahoo_at


def paths(standin: StandIn) -> list[str]:
    return [request.path for request in standin.requests]


def test_a_poll_asks_for_all_names_at_once_with_cookie_and_crumb(standin: StandIn, yahoo: Yahoo) -> None:
    trade = standin.quote("AAPL", 229.87, time=NOW - timedelta(seconds=3))
    received = yahoo.poll(["AAPL", "NVDA", "7203.T", "BTC-USD", "AAPL"])
    assert [quote.symbol for quote in received.quotes] == ["AAPL", "NVDA", "7203.T", "BTC-USD"]
    assert received.refused == 0
    assert [path for path in paths(standin) if path.startswith("/v")] == [
        "/v1/test/getcrumb",
        "/v7/finance/quote",
    ]
    apple = received.quotes[0]
    assert (apple.price, apple.event_time) == (229.87, NOW.replace(second=27))
    assert (apple.source, apple.position, apple.received_time) == ("yahoo", 0, NOW)
    assert (apple.currency, apple.exchange, apple.session) == ("USD", "NMS", "regular")
    assert apple.previous_close == pytest.approx(standin.market.day("AAPL").previous_close)
    assert apple.day_volume == int(standin.market.day("AAPL").volume)
    assert trade.price == 229.87


def test_a_hundred_names_are_the_most_for_one_request(standin: StandIn, yahoo: Yahoo) -> None:
    received = yahoo.poll([f"X{number}" for number in range(250)] + ["AAPL"])
    asked = [r.params["symbols"].count(",") + 1 for r in standin.requests if "symbols" in r.params]
    assert asked == [100, 100, 51]
    assert [quote.symbol for quote in received.quotes] == ["AAPL"]


def test_a_price_in_pence_keeps_its_currency(yahoo: Yahoo) -> None:
    assert yahoo.poll(["TSCO.L"]).quotes[0].currency == "GBp"


def test_a_poll_gives_the_delay_of_each_exchange(yahoo: Yahoo) -> None:
    assert yahoo.poll(["AAPL", "TSCO.L"]).delays == {"AAPL": 0.0, "TSCO.L": 900.0}


def test_an_expired_crumb_is_renewed_once_and_the_request_repeated(standin: StandIn, yahoo: Yahoo) -> None:
    yahoo.poll(["AAPL"])
    standin.yahoo.expire()
    assert len(yahoo.poll(["AAPL"]).quotes) == 1
    assert paths(standin).count("/v1/test/getcrumb") == 2
    standin.answer_with(Fault.status(401), times=None, path="yahoo/v7")
    with pytest.raises(SourceDown, match="rejects requests of this machine for now"):
        yahoo.poll(["AAPL"])
    assert paths(standin).count("/v1/test/getcrumb") == 3


def test_threads_share_one_crumb(standin: StandIn, yahoo: Yahoo) -> None:
    found: list[int] = []
    threads = [Thread(target=lambda: found.append(len(yahoo.poll(["AAPL"]).quotes))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 5
    assert paths(standin).count("/v1/test/getcrumb") == 1


@pytest.mark.parametrize("fault", [Fault.html(), Fault.empty()])
def test_invalid_crumb_is_refused(standin: StandIn, yahoo: Yahoo, fault: Fault) -> None:
    standin.answer_with(fault, path="getcrumb")
    with pytest.raises(SourceDown, match="sent no crumb"):
        yahoo.poll(["AAPL"])
    assert len(yahoo.poll(["AAPL"]).quotes) == 1


def test_a_refusal_in_words_in_place_of_a_crumb_is_recognised(standin: StandIn, yahoo: Yahoo) -> None:
    standin.answer_with(Fault(Answer(b"Too Many Requests\r\n")), path="getcrumb")
    with pytest.raises(Throttled):
        yahoo.poll(["AAPL"])


def test_a_cookie_that_is_blocked_now_stops_nobody_who_has_one(standin: StandIn, yahoo: Yahoo) -> None:
    yahoo.poll(["AAPL"])
    standin.answer_with(Fault.status(401), path="yahoo/v7")
    standin.answer_with(Fault.reset(), path="cookie")
    assert len(yahoo.poll(["AAPL"]).quotes) == 1


@pytest.mark.parametrize("path", ["yahoo/v7", "yahoo/v8", "yahoo/v10"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.status(401), SourceDown),
        (Fault.status(403), SourceDown),
        (Fault.status(404), SourceError),
        (Fault.status(422), SourceError),
        (Fault.status(429, retry_after=40), Throttled),
        (Fault.status(500), SourceDown),
        (Fault.html(502), SourceDown),
        (Fault.status(503), SourceDown),
        (Fault.html(), SourceDown),
        (Fault.empty(), SourceDown),
        (Fault.malformed(), SourceDown),
        (Fault.reset(), SourceDown),
        (Fault.body({"finance": {"result": None, "error": None}}), SourceDown),
        (Fault.body(["surprise"]), SourceDown),
    ],
)
def test_a_fault_is_raised_as_the_error_of_a_source(
    standin: StandIn, yahoo: Yahoo, path: str, fault: Fault, kind: type[SourceError]
) -> None:
    standin.answer_with(fault, times=None, path=path)
    with pytest.raises(kind) as error:
        if path == "yahoo/v7":
            yahoo.poll(["AAPL"])
        elif path == "yahoo/v8":
            list(yahoo.history("AAPL", None, NOW))
        else:
            yahoo.company("AAPL")
    assert not isinstance(error.value, UnknownSymbol)
    assert "crumb." not in str(error.value)


def test_a_slow_answer_and_a_refused_connection_are_a_source_that_is_down(standin: StandIn) -> None:
    standin.answer_with(Fault.slow(1.0), path="yahoo/v8")
    with pytest.raises(SourceDown, match=r"within 0\.3 s"):
        records(yahoo_at(standin, timeout=0.3), "AAPL", NOW - timedelta(minutes=10))
    yahoo = yahoo_at(standin)
    standin.down()
    with pytest.raises(SourceDown, match="can't be reached"):
        yahoo.poll(["AAPL"])
    standin.up()
    assert len(yahoo.poll(["AAPL"]).quotes) == 1


def test_no_provider_gets_a_request_before_its_retry_after_is_over(standin: StandIn, yahoo: Yahoo) -> None:
    standin.answer_with(Fault.status(429, retry_after=40), path="yahoo/v8")
    with pytest.raises(Throttled):
        records(yahoo, "AAPL")
    with pytest.raises(Throttled):
        yahoo.poll(["AAPL"])
    assert len(standin.requests) == 1


def test_a_company_is_known_by_its_summary(yahoo: Yahoo) -> None:
    company = yahoo.company("7203.T")
    assert (company.symbol, company.name) == ("7203.T", "Toyota Motor Corporation")
    assert (company.sector, company.industry) == ("Consumer Cyclical", "Auto Manufacturers")
    assert (company.exchange, company.time_zone, company.currency) == ("JPX", "Asia/Tokyo", "JPY")
    assert (company.quote_type, company.decimals, company.delay) == ("EQUITY", 2, 900.0)
    assert yahoo.company("BTC-USD").sector is None


def test_a_company_without_a_summary_is_known_by_its_quote(standin: StandIn, yahoo: Yahoo) -> None:
    error = {
        "quoteSummary": {"result": None, "error": {"code": "Not Found", "description": "No fundamentals"}}
    }
    standin.answer_with(Fault.body(error, 404), path="yahoo/v10")
    company = yahoo.company("7203.T")
    assert (company.name, company.sector, company.delay) == ("Toyota Motor Corporation", None, 900.0)
    assert (company.exchange, company.time_zone) == ("JPX", "Asia/Tokyo")


def test_yahoo_numbers_no_trades(yahoo: Yahoo) -> None:
    assert list(yahoo.trades_after("AAPL", 7)) == []
