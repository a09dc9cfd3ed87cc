"""The connection string of the database that the settings give."""

import pytest
from psycopg2.extensions import parse_dsn
from pydantic import SecretStr, ValidationError

from shared.settings.brokers import Brokers
from shared.settings.config import Config
from shared.settings.sections import PostgresSettings


@pytest.mark.parametrize("password", ["it's\\", " spaces around ", "a b=c", "${x}@:/%"])
def test_database_is_reached_with_any_password_and_the_requested_name(password: str) -> None:
    postgres = PostgresSettings(host="db", password=SecretStr(password))
    assert parse_dsn(postgres.dsn_for("stocks_simulated")) == {
        "host": "db",
        "port": "5432",
        "user": "postgres",
        "password": password,
        "dbname": "stocks_simulated",
    }


def test_password_from_the_settings_keeps_its_spaces() -> None:
    postgres = PostgresSettings.model_validate({"POSTGRES_PASSWORD": " pw "})
    assert postgres.password.get_secret_value() == " pw "


def test_secrets_are_masked_wherever_the_section_is_shown() -> None:
    postgres = PostgresSettings(password=SecretStr("hunter2"), dsn=SecretStr("password=hunter2"))
    assert "hunter2" not in f"{postgres!r} {postgres} {postgres.model_dump_json()}"


def test_connection_string_wins_over_host_and_keeps_its_own_options() -> None:
    dsn = SecretStr("postgresql://me:pw@db:5433/desk?sslmode=require")
    config = Config(postgres=PostgresSettings(host="elsewhere", dsn=dsn))
    assert config.database() == "desk"
    assert parse_dsn(config.postgres.dsn_for(config.database())) == {
        "host": "db",
        "port": "5433",
        "user": "me",
        "password": "pw",
        "dbname": "desk",
        "sslmode": "require",
    }


def test_connection_string_whose_database_would_be_cut_is_refused() -> None:
    with pytest.raises(ValidationError, match="must name a database of 1 to 42"):
        PostgresSettings.model_validate({"POSTGRES_DSN": f"dbname={'x' * 43}"})


def test_embedded_server_has_no_address_until_it_runs() -> None:
    config = Config()
    with pytest.raises(ValueError, match="embedded"):
        config.postgres.dsn_for("stocks")
    running = config.with_postgres_at("host=127.0.0.1 port=5 user=postgres dbname=postgres password=pw")
    assert parse_dsn(running.postgres.dsn_for(running.database()))["dbname"] == "stocks"
    assert config.with_kafka_at(Brokers("127.0.0.1:29092")).kafka.bootstrap_servers == "127.0.0.1:29092"
