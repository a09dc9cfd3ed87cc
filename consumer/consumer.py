"""The storage part: stores every quote of the log in PostgreSQL, exactly once.

    python -m consumer.consumer          run until Ctrl-C

It reads the topic of the configured feed (SOURCES) and writes `quotes` and `dead_letters`. Stop it, kill it,
start it again: it goes on behind the last row. Settings: .env, see .env.example.
"""

import signal
import sys

if __name__ == "__main__":  # Ctrl-C amid the imports below ends it at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from db.migrate import migrate
from shared.kafka import Log
from shared.runtime.command_line import run_part
from shared.runtime.consumer_runner import ConsumingPart, consume
from shared.runtime.lifecycle import Stop
from shared.runtime.offsets import GroupOnTopic
from shared.settings.config import Config


def storage_of(_: GroupOnTopic, log: Log, __: str) -> Storage:
    """The fold of this part."""
    return Storage(DeadLetterTopic(log))


def store(config: Config, stop: Stop) -> None:
    """Store until `stop` is set. Raises ConfigError or StopPart."""
    consume(ConsumingPart("storage", f"{config.kafka.group_id}-quotes", storage_of, migrate), config, stop)


if __name__ == "__main__":
    sys.exit(run_part("storage", __doc__, store))
