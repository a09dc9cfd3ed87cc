"""Yahoo at the stand-in, at a known time."""

from datetime import UTC, datetime
from threading import Event

from producer.sources.yahoo import Yahoo
from shared.market.records import CorporateAction, RecordedBar
from shared.settings.provider_settings import Providers
from tests.slowness import PATIENCE
from tests.standin import SAMPLE, Instrument, Market, StandIn
from tests.standing_clock import standing_at

NOW = datetime(2024, 7, 10, 15, 0, 30, tzinfo=UTC)
"""A Wednesday, half an hour after New York's opening."""
LONDON = Instrument(
    name="TSCO.L",
    price=308.8,
    currency="GBp",
    exchange="LSE",
    exchange_name="LSE",
    calendar="XLON",
    decimals=1,
    delay=15,
    long_name="Tesco PLC",
)


def market() -> Market:
    """The sample and London's pence, at NOW."""
    return Market(NOW.timestamp, (*SAMPLE, LONDON))


def yahoo_at(standin: StandIn, timeout: float = PATIENCE) -> Yahoo:
    """The provider, which may ask as often as it likes."""
    settings = {key: value for key, value in standin.settings.items() if key.startswith("YAHOO")}
    providers = Providers.model_validate(
        {**settings, "YAHOO_REQUESTS_PER_MINUTE": 6000, "HTTP_TIMEOUT": timeout}
    )
    return Yahoo(providers, standing_at(NOW), Event())


def records(yahoo: Yahoo, name: str, after: datetime | None = None) -> list[RecordedBar | CorporateAction]:
    """All of a history."""
    return [record for part in yahoo.history(name, after, NOW) for record in part.records]
