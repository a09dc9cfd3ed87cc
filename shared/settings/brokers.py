"""Address and login of a Kafka cluster. Pure."""

from typing import NamedTuple


class Brokers(NamedTuple):
    """The addresses, host:port separated by commas, and the login, unless the user is empty.

    Its text form shows only the addresses, so that no password is logged.
    """

    bootstrap: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return self.bootstrap

    def settings(self) -> dict[str, str]:
        """The settings that make a part use these brokers."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_SASL_USERNAME": self.user,
            "KAFKA_SASL_PASSWORD": self.password,
        }
