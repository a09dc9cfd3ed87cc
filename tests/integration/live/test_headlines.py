"""Headlines on their way from the source through the log into their table, each once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from analytics.analytics_consumer import analyse
from producer.headlines.gathering import gathering
from producer.headlines.sources import source_of
from producer.producer import produce
from producer.publishing.lease import Lease
from producer.publishing.resume import read_known
from shared.errors import SourceError
from shared.market.listings import Listing, Listings
from shared.progress.epochs import EarlierEpochs
from tests.inputs.records import quote
from tests.integration.desk import Desk
from tests.integration.live.live import COIN, SETTINGS, YAHOO
from tests.standin import Fault, StandIn, yahoo
from tests.waiting import wait_for

NEWS = "xhr/ncp"
NAME = "COIN1-USD"
LISTINGS: Listings = {COIN.name: (Listing("yahoo", NAME),)}
LEASE = Lease(1, {}, EarlierEpochs({}))
STORED = "select title, score > 0, counts_from is not null from headlines order by title"


def at(hours: float) -> str:
    """A time so many hours ago, as Yahoo writes it."""
    return f"{datetime.now(UTC) - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def news_desk(desk: Desk, standin: StandIn) -> Desk:
    """A desk whose live feed watches the coin at Yahoo, and asks for headlines every second."""
    own = {"SOURCES": YAHOO, "NEWS_INTERVAL": "1", "FORECAST_INTERVALS": "none"}
    desk.settings |= {**standin.settings, **SETTINGS, **own}
    desk.database()
    return desk


def asked(standin: StandIn) -> list[float]:
    """When headlines were asked for, in seconds."""
    return [request.time for request in standin.requests if NEWS in request.path]


@contextmanager
def publishing(desk: Desk, standin: StandIn) -> Iterator[None]:
    """A newsroom at work. At the end it has asked at least twice, and everything new is in the log."""
    before = len(asked(standin))
    with gathering(desk.config, desk.log, LEASE, lambda: LISTINGS, Event()) as take:
        yield
        wait_for(lambda: len(asked(standin)) >= before + 2)
    for partition, headline in take():
        desk.publish([headline], partition)


def test_headlines_are_stored_once_over_restarts_and_while_the_analysis_stands_still(
    news_desk: Desk, standin: StandIn
) -> None:
    about = standin.yahoo.news[NAME] = [
        yahoo.story("Coin <b>surges</b> &amp; rallies", at(1)),
        yahoo.story("Coin plunges", at(30)),
        yahoo.story("Coin of last year", at(9_000)),
        yahoo.story("Coin of tomorrow", at(-24)),
        yahoo.story(None, at(1)),
        "no story",
    ]
    with publishing(news_desk, standin):
        pass
    assert read_known(news_desk.log, LEASE) == {}  # a headline is no sign that a history was loaded
    with news_desk.at_work(analyse):
        news_desk.wait_until_read("analytics")
    unknown = [("Coin plunges", False, False), ("Coin surges & rallies", True, False)]
    assert news_desk.rows(STORED) == unknown  # the log had no record of the symbol before them
    (partition,) = news_desk.rows("select distinct partition from headlines")[0]
    news_desk.publish([quote(datetime.now(UTC).timestamp() - 60, 100.0, symbol=COIN.name)], partition)
    about.insert(0, yahoo.story("Coin slumps", at(0)))
    for _ in range(2):  # nobody stores what is published meanwhile
        with publishing(news_desk, standin):
            pass
    with news_desk.at_work(analyse):
        news_desk.wait_until_read("analytics")
    assert news_desk.rows(STORED) == [unknown[0], ("Coin slumps", False, True), unknown[1]]
    group = news_desk.config.kafka.group_id
    assert news_desk.rows("select sum(headlines)::int from progress where group_id = %s", group) == [(3,)]


def test_source_that_asks_for_a_pause_gets_it(news_desk: Desk, standin: StandIn) -> None:
    standin.answer_with(Fault.status(429, retry_after=3), times=1, path=NEWS)
    standin.yahoo.news[NAME] = [yahoo.story("Coin surges", at(1))]
    with publishing(news_desk, standin):
        pass
    first, second = asked(standin)[:2]
    assert second - first >= 3.0


def test_body_without_end_is_read_no_further_than_its_limit(news_desk: Desk, standin: StandIn) -> None:
    standin.answer_with(Fault.body({"data": "x" * (3 << 20)}), times=1, path=NEWS)
    source = source_of("yahoo", news_desk.config.news, news_desk.config.providers, Event())
    (symbol,) = source.subjects(LISTINGS)
    with pytest.raises(SourceError, match="sent more than 2 MB"):
        source.stories(symbol)


@pytest.mark.variant
def test_live_producer_publishes_headlines_beside_its_quotes(news_desk: Desk, standin: StandIn) -> None:
    standin.answer_with(Fault.status(429, retry_after=3), times=1, path=NEWS)
    standin.yahoo.news[NAME] = [yahoo.story("Coin surges", at(1))]
    with news_desk.at_work(analyse), news_desk.at_work(produce):
        wait_for(lambda: len(asked(standin)) == 1)
        standin.quote(COIN.name, 123.0)
        wait_for(lambda: news_desk.rows("select price from symbols") == [(123.0,)])
        wait_for(lambda: news_desk.rows(STORED) == [("Coin surges", True, True)])
