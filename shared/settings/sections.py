"""The settings in frozen sections, each value with its key in `.env` and its default."""

from typing import Annotated, Self

from psycopg2.extensions import make_dsn, parse_dsn
from pydantic import (
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shared.market.listings import ALONE, Listings, listings_of
from shared.settings.analysis_settings import Section
from shared.settings.brokers import Brokers
from shared.settings.server_types import PROJECT, Dsn, LogFormat, ProjectPath, ProjectPaths
from shared.settings.setting_types import (
    Attempts,
    ClientName,
    Count,
    DatabaseName,
    Every,
    FeedChoice,
    Grace,
    HangSeconds,
    HostName,
    HostNames,
    LogLevel,
    Megabytes,
    Name,
    OffsetReset,
    PollSeconds,
    Port,
    Rate,
    Seconds,
    Seed,
    Servers,
    Sources,
    Speed,
    Symbols,
    TradeConditions,
)

DEFAULT_SEED = 7
"""Seed of the simulated market whose topic and database have no seed in their names."""


class KafkaSettings(Section):
    """Address and login of Kafka, and the client. Without servers, the embedded broker with its own login is used."""

    bootstrap_servers: Servers = Field(default="", validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    sasl_username: str = Field(default="", validation_alias="KAFKA_SASL_USERNAME")
    sasl_password: SecretStr = Field(default=SecretStr(""), validation_alias="KAFKA_SASL_PASSWORD")
    topic: Name = Field(default="stock-prices", validation_alias="KAFKA_TOPIC")
    group_id: Name = Field(default="stock-analytics", validation_alias="KAFKA_GROUP_ID")
    auto_offset_reset: OffsetReset = Field(default="earliest", validation_alias="KAFKA_AUTO_OFFSET_RESET")
    enable_auto_commit: bool = Field(default=True, validation_alias="KAFKA_ENABLE_AUTO_COMMIT")
    partitions: Annotated[int, Field(ge=1, le=1000)] = Field(default=4, validation_alias="KAFKA_PARTITIONS")
    client: ClientName = Field(default="auto", validation_alias="KAFKA_CLIENT")

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded broker is used."""
        return not self.bootstrap_servers

    @property
    def brokers(self) -> Brokers:
        """The addresses, the login and the client."""
        password = self.sasl_password.get_secret_value()
        return Brokers(self.bootstrap_servers, self.sasl_username, password, self.client)


class PostgresSettings(Section):
    """Address and login of PostgreSQL. Without host and DSN, the embedded server is used; a DSN has priority."""

    host: HostName = Field(default="", validation_alias="POSTGRES_HOST")
    port: Port = Field(default=5432, validation_alias="POSTGRES_PORT")
    db: DatabaseName = Field(default="stocks", validation_alias="POSTGRES_DB")
    user: str = Field(default="postgres", validation_alias="POSTGRES_USER")
    password: SecretStr = Field(default=SecretStr(""), validation_alias="POSTGRES_PASSWORD")
    dsn: Dsn = Field(default=SecretStr(""), validation_alias="POSTGRES_DSN")

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded server is used."""
        return not self.host and not self.dsn.get_secret_value()

    @property
    def database(self) -> str:
        """The base name of the database: the one in the DSN if it has one."""
        return parse_dsn(self.dsn.get_secret_value()).get("dbname") or self.db

    def dsn_for(self, database: str) -> str:
        """The connection string of `database` with the password: never log it.

        Raises ValueError for the embedded server, whose address is known only once it runs.
        """
        if self.is_embedded:
            raise ValueError("the embedded server's address is not a setting")
        if dsn := self.dsn.get_secret_value():
            return make_dsn(dsn, dbname=database)
        password = self.password.get_secret_value() or None
        return make_dsn(host=self.host, port=self.port, user=self.user, password=password, dbname=database)


class Producer(Section):
    """Which symbols are published, and from which sources. `replay_speed` is infinite for "max"."""

    tickers: Symbols = Field(
        default=("AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "META", "NVDA", "NFLX", "AMD", "INTC"),
        validation_alias="TICKERS",
    )
    poll_interval: PollSeconds = Field(default=10.0, validation_alias="POLL_INTERVAL")
    sources: Sources = Field(default="", validation_alias="SOURCES")
    feed: FeedChoice = Field(default="", validation_alias="TICKSTREAM_FEED")
    replay_files: ProjectPaths = Field(default=(), validation_alias="REPLAY_FILES")
    replay_speed: Speed = Field(default=1.0, validation_alias="REPLAY_SPEED")
    simulated_seed: Seed = Field(default=DEFAULT_SEED, validation_alias="SIMULATED_SEED")
    simulated_rate: Rate = Field(default=1.0, validation_alias="SIMULATED_RATE")

    @property
    def is_source_chosen(self) -> bool:
        """Whether SOURCES is set."""
        return bool(self.sources)

    @property
    def listings(self) -> Listings:
        """The sources of each symbol; empty if SOURCES is simulated or replay."""
        return listings_of(self.sources, self.tickers)

    @field_validator("sources")
    @classmethod
    def _require_listings(cls, sources: str, checked: ValidationInfo) -> str:
        listings_of(sources, checked.data.get("tickers", ()))
        return sources

    @model_validator(mode="after")
    def _require_one_feed(self) -> Self:
        if self.sources == "replay" and not self.replay_files:
            raise ValueError("REPLAY_FILES is empty: must name at least one file while SOURCES is replay.")
        if self.feed == "live" and self.sources == "simulated":
            raise ValueError("TICKSTREAM_FEED=live: must be empty or simulated while SOURCES is simulated.")
        if self.feed == "simulated" and self.sources not in ("", *ALONE):
            raise ValueError(
                "TICKSTREAM_FEED=simulated: must be empty or live while SOURCES names providers."
            )
        return self


class Running(Section):
    """Options of the consumer loops: `max_messages` 0 means no limit. `gather_milliseconds` is the longest wait of a
    poll for more messages; below 50 messages a second it is at least 60. `indicators_path` is the folder of the
    user's own indicators, None if there are none."""

    max_messages: Count = Field(default=0, validation_alias="MAX_MESSAGES")
    batch_size: Every = Field(default=100, validation_alias="BATCH_SIZE")
    cache_size: Every = Field(default=1000, validation_alias="CACHE_SIZE")
    log_performance_frequency: Every = Field(default=100, validation_alias="LOG_PERFORMANCE_FREQUENCY")
    gather_milliseconds: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=15, validation_alias="GATHER_MILLISECONDS"
    )
    bar_grace_seconds: Grace = Field(default=2.0, validation_alias="BAR_GRACE_SECONDS")
    trade_conditions: TradeConditions = Field(default="tape", validation_alias="TRADE_CONDITIONS")
    indicators_path: ProjectPath | None = Field(default=None, validation_alias="INDICATORS_PATH")


class Errors(Section):
    """Error handling. `retry_delay` is in seconds, and so is `hang_seconds`: a part without a heartbeat for that long
    is killed and restarted."""

    skip_invalid_data: bool = Field(default=True, validation_alias="SKIP_INVALID_DATA")
    skip_extreme_values: bool = Field(default=True, validation_alias="SKIP_EXTREME_VALUES")
    stop_on_critical_error: bool = Field(default=False, validation_alias="STOP_ON_CRITICAL_ERROR")
    max_retries: Attempts = Field(default=3, validation_alias="MAX_RETRIES")
    retry_delay: Seconds = Field(default=0.5, validation_alias="RETRY_DELAY")
    hang_seconds: HangSeconds = Field(default=60.0, validation_alias="HANG_SECONDS")


class Logging(Section):
    """Level, format and file of the log; without a file, only the console is used."""

    level: LogLevel = Field(default="INFO", validation_alias="LOG_LEVEL")
    format: LogFormat = Field(
        default="%(asctime)s - %(name)s - %(levelname)s - %(message)s", validation_alias="LOG_FORMAT"
    )
    file_path: ProjectPath | None = Field(default=None, validation_alias="LOG_FILE_PATH")


class Debugging(Section):
    """Options to find out why a database connection fails."""

    debug_db_config: bool = Field(default=False, validation_alias="DEBUG_DB_CONFIG")
    debug_db_breakpoint: bool = Field(default=False, validation_alias="DEBUG_DB_BREAKPOINT")


class Screen(Section):
    """Address of the page, and further names, "host" or "host:port", under which a proxy serves it."""

    host: HostName = Field(default="127.0.0.1", validation_alias="DASHBOARD_HOST")
    port: Port = Field(default=8050, validation_alias="DASHBOARD_PORT")
    allowed_hosts: HostNames = Field(default=(), validation_alias="DASHBOARD_ALLOWED_HOSTS")


class Embedded(Section):
    """Data folder and ports of the embedded servers, and the free megabytes below which a warning is shown."""

    data: ProjectPath = Field(default=PROJECT / ".tickstream", validation_alias="TICKSTREAM_DATA")
    free_space_warning: Megabytes = Field(default=1024, validation_alias="FREE_SPACE_WARNING")
    kafka_port: Port = Field(default=29092, validation_alias="EMBEDDED_KAFKA_PORT")
    postgres_port: Port = Field(default=25432, validation_alias="EMBEDDED_POSTGRES_PORT")
