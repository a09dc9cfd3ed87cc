"""The settings of the providers of live data."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.settings.addresses import require_safe
from shared.settings.analysis_settings import Section
from shared.settings.setting_types import PerMinute, PollSeconds, StreamUrl, Threshold, Url


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
