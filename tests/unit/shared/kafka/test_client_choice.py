"""Which Kafka client readers and writers use."""

import pytest

from shared.errors import ConfigError
from shared.kafka.clients.choice import uses_confluent
from shared.settings.sections import KafkaSettings

INSTALLED, ABSENT = "json", "no_such_package"


@pytest.fixture(params=[INSTALLED, ABSENT])
def package(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package in the place of confluent-kafka, once an installed one and once not."""
    name: str = request.param
    monkeypatch.setattr("shared.kafka.clients.choice.PACKAGE", name)
    return name


def test_auto_is_confluent_where_it_is_installed(package: str) -> None:
    assert uses_confluent("auto") == (package == INSTALLED)


def test_kafka_python_is_used_where_it_is_chosen(package: str) -> None:
    assert not uses_confluent("kafka-python")


def test_confluent_is_refused_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.kafka.clients.choice.PACKAGE", ABSENT)
    with pytest.raises(ConfigError, match="confluent-kafka is not installed"):
        uses_confluent("confluent")


def test_client_is_a_setting_that_reaches_readers_and_writers() -> None:
    kafka = KafkaSettings.model_validate({"KAFKA_CLIENT": "Confluent"})
    assert kafka.brokers.client == "confluent"
    assert KafkaSettings().brokers.client == "auto"
