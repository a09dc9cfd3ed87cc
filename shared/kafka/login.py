"""The login of a broker's clients: SCRAM, by which neither side gives the password away."""

from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from shared.kafka.connection import PLAIN, client_settings, kafka_errors
from shared.settings.brokers import Brokers

ROUNDS = 4096
"""Of the hash; more would help against guessing, and the password is random."""


def let_in(administrator: Brokers, client: Brokers) -> None:
    """Let a client log in with its password, in place of any it had; returns once it can. Raises Unavailable.

    `administrator` logs in with its password in the clear, so over this machine's own loopback alone.
    """
    wanted = UserScramCredentialUpsertion(client.user, ScramMechanism.SCRAM_SHA_512, client.password, ROUNDS)
    with kafka_errors(administrator.bootstrap):
        admin = KafkaAdminClient(**client_settings(administrator) | {"sasl_mechanism": PLAIN})
        try:
            admin.alter_user_scram_credentials([wanted])
        finally:
            admin.close()
        # The broker learns of it from its controller a moment later; opening a client tries again until then.
        KafkaAdminClient(**client_settings(client)).close()
