"""The settings of the providers of live data, and of headlines."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings.addresses import require_safe
from shared.settings.analysis_settings import Section
from shared.settings.setting_types import PerMinute, PollSeconds, StreamUrl, Threshold, Url

NewsChoice = Literal["auto", "off", "yahoo", "rss", "jsonl"]
YAHOO_NEWS = "https://finance.yahoo.com"
PLACEHOLDER = "{symbol}"
"""Stands in the address of a feed for the symbol."""


class Providers(Section):
    """Base URL, API key and requests per minute of each provider of live data; see `producer/sources`.

    A base URL may be that of a proxy or mirror. `http_timeout` and `stream_silence` are in seconds.
    """

    yahoo_url: Url = Field(default="https://query2.finance.yahoo.com", validation_alias="YAHOO_URL")
    yahoo_cookie_url: Url = Field(default="https://fc.yahoo.com", validation_alias="YAHOO_COOKIE_URL")
    yahoo_stream_url: StreamUrl = Field(
        default="wss://streamer.finance.yahoo.com/?version=2", validation_alias="YAHOO_STREAM_URL"
    )
    yahoo_requests: PerMinute = Field(default=100, validation_alias="YAHOO_REQUESTS_PER_MINUTE")
    binance_url: Url = Field(default="https://data-api.binance.vision", validation_alias="BINANCE_URL")
    binance_stream_url: StreamUrl = Field(
        default="wss://data-stream.binance.vision", validation_alias="BINANCE_STREAM_URL"
    )
    binance_requests: PerMinute = Field(default=600, validation_alias="BINANCE_REQUESTS_PER_MINUTE")
    coingecko_url: Url = Field(default="https://api.coingecko.com/api/v3", validation_alias="COINGECKO_URL")
    coingecko_requests: PerMinute = Field(default=10, validation_alias="COINGECKO_REQUESTS_PER_MINUTE")
    alphavantage_url: Url = Field(default="https://www.alphavantage.co", validation_alias="ALPHAVANTAGE_URL")
    alphavantage_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="ALPHAVANTAGE_API_KEY")
    alphavantage_requests: PerMinute = Field(default=5, validation_alias="ALPHAVANTAGE_REQUESTS_PER_MINUTE")
    finnhub_url: Url = Field(default="https://finnhub.io/api/v1", validation_alias="FINNHUB_URL")
    finnhub_stream_url: StreamUrl = Field(
        default="wss://ws.finnhub.io", validation_alias="FINNHUB_STREAM_URL"
    )
    finnhub_api_key: SecretStr = Field(default=SecretStr(""), validation_alias="FINNHUB_API_KEY")
    finnhub_requests: PerMinute = Field(default=60, validation_alias="FINNHUB_REQUESTS_PER_MINUTE")
    http_timeout: PollSeconds = Field(default=10.0, validation_alias="HTTP_TIMEOUT")
    stream_silence: PollSeconds = Field(default=30.0, validation_alias="STREAM_SILENCE")
    disagreement_threshold: Threshold = Field(default=0.01, validation_alias="SOURCE_DISAGREEMENT_THRESHOLD")

    @model_validator(mode="after")
    def _require_safe_keys(self) -> Self:
        for name, value in self:
            provider, _, rest = name.partition("_")
            if rest.endswith("url"):
                key: SecretStr = getattr(self, f"{provider}_api_key", SecretStr(""))
                require_safe(name.upper(), value, f"{provider.upper()}_API_KEY", key.get_secret_value())
        return self


class News(Section):
    """Where headlines come from, the seconds between two requests for the same symbol, and the age in days from which
    on a story is left out. `url` may have a key in its path. `half_life` is in hours: the weight of a headline in
    `sentiment()` halves in that time."""

    choice: NewsChoice = Field(default="auto", validation_alias="NEWS")
    url: SecretStr = Field(default=SecretStr(""), max_length=2_000, validation_alias="NEWS_URL")
    interval: Annotated[float, Field(ge=1, le=86_400)] = Field(
        default=300.0, validation_alias="NEWS_INTERVAL"
    )
    max_age: Annotated[int, Field(ge=1, le=30)] = Field(default=3, validation_alias="NEWS_MAX_AGE")
    half_life: Annotated[int, Field(ge=1, le=720)] = Field(default=12, validation_alias="SENTIMENT_HALF_LIFE")

    def source_for(self, feed: str) -> Literal["off", "yahoo", "rss", "jsonl"]:
        """The source while this kind of market runs: headlines are of now, so that they belong to live quotes only."""
        if feed != "live":
            return "off"
        return "yahoo" if self.choice == "auto" else self.choice

    @property
    def place(self) -> str:
        """The address of a feed, or a file: never log it."""
        return self.url.get_secret_value()

    @property
    def base_url(self) -> str:
        """The address of Yahoo's news, or of a proxy of it."""
        return self.place.rstrip("/") or YAHOO_NEWS

    @model_validator(mode="after")
    def _require_place(self) -> Self:
        if self.choice == "rss" and (
            PLACEHOLDER not in self.place or not self.place.startswith(("http://", "https://"))
        ):
            raise ValueError(
                f"NEWS_URL: must be the address of a feed with {PLACEHOLDER} in it while NEWS is rss."
            )
        if self.choice == "jsonl" and not self.place:
            raise ValueError("NEWS_URL is empty: must be a file or an address while NEWS is jsonl.")
        return self
