"""Where a Kafka is, and as whom its clients log in. Pure."""

from typing import NamedTuple


class Brokers(NamedTuple):
    """The addresses, host:port separated by commas, and the login; without a user there is none.

    As text it is the addresses alone: a password is in no log.
    """

    bootstrap: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return self.bootstrap

    def settings(self) -> dict[str, str]:
        """The settings with which a part uses these brokers."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_SASL_USERNAME": self.user,
            "KAFKA_SASL_PASSWORD": self.password,
        }
