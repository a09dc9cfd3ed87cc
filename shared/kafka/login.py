"""Creates the login of the broker's clients, with SCRAM, which never transmits the password."""

from contextlib import closing

from shared.kafka.clients.choice import admin_client
from shared.kafka.connection import PLAIN
from shared.settings.brokers import Brokers

ROUNDS = 4096
"""Iterations of the hash; more would not help, because the password is random."""


def set_password(administrator: Brokers, client: Brokers) -> None:
    """Set a client's password and return once the client can log in. Raises Unavailable.

    `administrator` sends its password unencrypted, so use this over the loopback interface only.
    """
    with closing(admin_client(administrator, PLAIN)) as admin:
        admin.set_password(client.user, client.password, ROUNDS)
    # The broker receives it from its controller a moment later; the client retries its login until then.
    admin_client(client).close()
