"""The settings, read once: the process environment overrides `.env`, which overrides the defaults.

No other module reads `.env` or the environment, and only the wiring of a part reads this one.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, Self, get_args

from dotenv import dotenv_values
from psycopg2.extensions import make_dsn
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from shared.errors import ConfigError
from shared.recordings.digest import digest
from shared.settings.analysis_settings import (
    AcrossSettings,
    Alerts,
    Indicators,
    MarketFiguresSettings,
    Section,
)
from shared.settings.brokers import Brokers
from shared.settings.delivery_settings import DeliverySettings
from shared.settings.model_settings import Models, RewordingSettings
from shared.settings.provider_settings import News, Providers
from shared.settings.sections import (
    DEFAULT_SEED,
    Debugging,
    Embedded,
    Errors,
    KafkaSettings,
    Logging,
    PostgresSettings,
    Producer,
    Running,
    Screen,
)
from shared.settings.server_types import PROJECT

OTHER_NAMES = {
    "ALERT_RSI_OVERBOUGHT": "RSI_OVERBOUGHT",
    "ALERT_RSI_OVERSOLD": "RSI_OVERSOLD",
    "ALERT_PRICE_CHANGE": "PRICE_CHANGE_THRESHOLD",
    "ALERT_VOLUME_SPIKE": "VOLUME_CHANGE_THRESHOLD",
    "ML_MODEL_UPDATE_FREQUENCY": "RETRAIN_FREQUENCY",
    "PERFORMANCE_BATCH_SIZE": "BATCH_SIZE",
    "PERFORMANCE_CACHE_SIZE": "CACHE_SIZE",
}
"""Alternative names, with the exact name of each."""

TYPO_LIKENESS = 0.8
MAX_SHOWN = 80
BOUNDS = {"gt": "above", "ge": "from", "lt": "below", "le": "up to"}


class Config(Section):
    """All settings, in one section per subject.

    `replay_digest` identifies the recording, empty if none is replayed. `warnings` describe ignored lines of `.env`.
    """

    kafka: KafkaSettings = KafkaSettings()
    postgres: PostgresSettings = PostgresSettings()
    producer: Producer = Producer()
    providers: Providers = Providers()
    indicators: Indicators = Indicators()
    alerts: Alerts = Alerts()
    market: MarketFiguresSettings = MarketFiguresSettings()
    delivery: DeliverySettings = DeliverySettings()
    across: AcrossSettings = AcrossSettings()
    models: Models = Models()
    news: News = News()
    rewording: RewordingSettings = RewordingSettings()
    running: Running = Running()
    errors: Errors = Errors()
    logging: Logging = Logging()
    debugging: Debugging = Debugging()
    screen: Screen = Screen()
    embedded: Embedded = Embedded()
    replay_digest: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def feed(self) -> Literal["live", "simulated", "replay"]:
        """The kind of market that the data come from; each kind has its own topic and database."""
        if self.producer.sources == "replay":
            return "replay"
        return "simulated" if "simulated" in (self.producer.sources, self.producer.feed) else "live"

    @property
    def delivers(self) -> bool:
        """Whether alerts are sent to people: with an address, and not in a replay, whose alerts are of the past."""
        return self.delivery.is_on and self.feed != "replay"

    def topic(self) -> str:
        """The topic of this feed, such as `stock-prices` for live quotes or `stock-prices-simulated`."""
        return "-".join((self.kafka.topic, *self._market()))

    def database(self) -> str:
        """The database of this feed, such as `stocks` for live quotes or `stocks_simulated`."""
        return "_".join((self.postgres.database, *self._market()))

    def _market(self) -> tuple[str, ...]:
        """The suffixes that distinguish this feed from the live one: kind, and recording or seed."""
        if self.feed == "live":
            return ()
        if self.feed == "replay":
            return self.feed, self.replay_digest
        seed = self.producer.simulated_seed
        return (self.feed,) if seed == DEFAULT_SEED else (self.feed, str(seed))

    def with_kafka_at(self, brokers: Brokers) -> Self:
        """The same settings, with the embedded broker's address and login."""
        login = {"sasl_username": brokers.user, "sasl_password": SecretStr(brokers.password)}
        kafka = self.kafka.model_copy(update={"bootstrap_servers": brokers.bootstrap, **login})
        return self.model_copy(update={"kafka": kafka})

    def with_postgres_at(self, dsn: str) -> Self:
        """The same settings, with the embedded server's connection string and the same database name."""
        named = SecretStr(make_dsn(dsn, dbname=self.postgres.database))
        return self.model_copy(update={"postgres": self.postgres.model_copy(update={"dsn": named})})


Value = str | tuple[str, ...]
"""The raw value of a setting; the command line may provide a list as a tuple."""


class Written(NamedTuple):
    """A setting as the user wrote it: the name used, and the raw value."""

    name: str
    value: Value


def load(env_file: Path | None = PROJECT / ".env", arguments: Mapping[str, Value] | None = None) -> Config:
    """Load the settings; a missing file or None counts as empty. An empty value means the default.

    `arguments` are settings from the command line, by key; they override the environment.
    Raises ConfigError with one sentence per invalid value: its key, the value and what is allowed.
    """
    in_file = _read(env_file) if env_file is not None else {}
    config = _checked(_exact_names(in_file) | _exact_names(os.environ) | _exact_names(arguments or {}))
    recording = digest(config.producer.replay_files) if config.feed == "replay" else ""
    warnings = (*_typos(in_file), *_overruled(in_file), *_overruled(os.environ))
    return config.model_copy(update={"replay_digest": recording, "warnings": warnings})


def _checked(written: Mapping[str, Written]) -> Config:
    """Validate the settings, given by exact name. Raises ConfigError as `load` does."""
    given = {key: setting for key, setting in written.items() if not _is_empty(setting.value)}
    try:
        return Config.model_validate(_by_section(Config, given))
    except ValidationError as error:
        sentences = dict.fromkeys(_sentence(detail, given) for detail in error.errors())
    raise ConfigError("\n".join(sentences))


def _read(env_file: Path) -> dict[str, str]:
    """The values of the file, without interpolation: `$` is an ordinary character, as passwords may contain it."""
    try:
        values = dotenv_values(env_file, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{env_file} can't be read as UTF-8 text: {type(error).__name__}.") from None
    return {key: value or "" for key, value in values.items()}


def _is_empty(value: Value) -> bool:
    return not (value.strip() if isinstance(value, str) else value)


def _exact_names(values: Mapping[str, Value]) -> dict[str, Written]:
    """The settings among `values` by exact name, which takes precedence over the alternative name."""
    exact = {key: Written(key, values[key]) for key in KEYS if key in values}
    for other, key in OTHER_NAMES.items():
        if other in values and _is_empty(values.get(key, "")):
            exact[key] = Written(other, values[other])
    return exact


def _subsection(field: FieldInfo) -> type[Section] | None:
    """The section class of a field, None for a plain value."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _by_section(section: type[Section], given: Mapping[str, Written]) -> dict[str, object]:
    """The given values, nested like the fields of `section`."""
    nested: dict[str, object] = {}
    for name, field in section.model_fields.items():
        if subsection := _subsection(field):
            nested[name] = _by_section(subsection, given)
        elif (key := str(field.validation_alias)) in given:
            nested[key] = given[key].value
    return nested


def _fields(section: type[Section]) -> Iterator[tuple[str, FieldInfo]]:
    """All settings of `section` and of its subsections, with their keys."""
    for field in section.model_fields.values():
        if subsection := _subsection(field):
            yield from _fields(subsection)
        elif field.validation_alias is not None:
            yield str(field.validation_alias), field


KEYS = dict(_fields(Config))
"""All settings by exact name."""


def _sentence(detail: ErrorDetails, given: Mapping[str, Written]) -> str:
    """The error text for a value: what is wrong and what is allowed; secrets are masked."""
    own_text = str(detail["ctx"]["error"]) if detail["type"] == "value_error" else ""
    key = next((str(place) for place in detail["loc"] if place in KEYS), None)
    if key is None:
        return own_text
    field, setting = KEYS[key], given[key]
    return f"{setting.name}={_shown(setting.value, field)}: {own_text or 'must be ' + _allowed(field)}."


def _shown(value: Value, field: FieldInfo) -> str:
    if not isinstance(value, str):
        value = ",".join(value)
    if field.annotation is SecretStr:
        return "**********"
    value = value if value.isprintable() else repr(value)
    return value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "…"


def _allowed(field: FieldInfo) -> str:
    """A description of the allowed values of a field."""
    if field.description:
        return field.description
    if field.annotation is bool:
        return "true or false"
    if choices := get_args(field.annotation):
        return "one of " + ", ".join(map(str, choices))
    noun = "a whole number" if field.annotation is int else "a number"
    return noun + _range(field)


def _range(field: FieldInfo) -> str:
    """ "from 2 to 5000", or "above 0 and below 1" for exclusive bounds."""
    bounds = {name: getattr(mark, name) for mark in field.metadata for name in BOUNDS if hasattr(mark, name)}
    if bounds.keys() == {"ge", "le"}:
        return f" from {bounds['ge']:.16g} to {bounds['le']:.16g}"
    return " " + " and ".join(f"{BOUNDS[name]} {bound:.16g}" for name, bound in bounds.items())


def _typos(in_file: Mapping[str, str]) -> Iterator[str]:
    """A warning for each unknown key of the file that resembles a known one."""
    known = [*KEYS, *OTHER_NAMES]
    for key in in_file:
        if key in known:
            continue
        if similar := difflib.get_close_matches(key.upper(), known, n=1, cutoff=TYPO_LIKENESS):
            yield f"{key} in .env is not a setting and is ignored: did you mean {similar[0]}?"


def _overruled(values: Mapping[str, str]) -> Iterator[str]:
    """A warning for each setting that has different values under its two names."""
    for other, key in OTHER_NAMES.items():
        exact, second = values.get(key, "").strip(), values.get(other, "").strip()
        if exact and second and exact != second:
            yield f"{key} and {other} are one setting with two values: {key}={exact} is used."
