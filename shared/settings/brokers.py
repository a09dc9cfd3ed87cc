"""Address and login of a Kafka cluster. Pure."""

from typing import Literal, NamedTuple

ClientChoice = Literal["auto", "kafka-python", "confluent"]
"""The Kafka client; `auto` is confluent-kafka where it is installed, else kafka-python."""


class Brokers(NamedTuple):
    """The addresses, host:port separated by commas, the login, unless the user is empty, and the client to be used.

    Its text form shows only the addresses, so that no password is logged.
    """

    bootstrap: str
    user: str = ""
    password: str = ""
    client: ClientChoice = "auto"

    def __repr__(self) -> str:
        return self.bootstrap

    def settings(self) -> dict[str, str]:
        """The settings that make a part use these brokers."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_SASL_USERNAME": self.user,
            "KAFKA_SASL_PASSWORD": self.password,
        }
