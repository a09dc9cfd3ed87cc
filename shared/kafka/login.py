"""Creates the login of the broker's clients, with SCRAM, which never transmits the password."""

from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from shared.kafka.connection import PLAIN, client_settings, kafka_errors
from shared.settings.brokers import Brokers

ROUNDS = 4096
"""Iterations of the hash; more would not help, because the password is random."""


def set_password(administrator: Brokers, client: Brokers) -> None:
    """Set a client's password and return once the client can log in. Raises Unavailable.

    `administrator` sends its password unencrypted, so use this over the loopback interface only.
    """
    wanted = UserScramCredentialUpsertion(client.user, ScramMechanism.SCRAM_SHA_512, client.password, ROUNDS)
    with kafka_errors(administrator.bootstrap):
        admin = KafkaAdminClient(**client_settings(administrator) | {"sasl_mechanism": PLAIN})
        try:
            admin.alter_user_scram_credentials([wanted])
        finally:
            admin.close()
        # The broker receives it from its controller a moment later; the client retries its login until then.
        KafkaAdminClient(**client_settings(client)).close()
