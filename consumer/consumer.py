"""The storage part: writes every quote of the log to PostgreSQL, exactly once.

    python -m consumer.consumer          run until Ctrl-C

It reads the topic of the configured feed (SOURCES) and writes the tables `quotes` and `dead_letters`. It can be stopped
or killed at any time: after a restart it continues behind the last row written. Settings: .env, see .env.example.
"""

import signal
import sys

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from db.migrate import migrate
from shared.consumer_loop.consumer_runner import ConsumingPart, consume
from shared.kafka import Log
from shared.progress.offsets import GroupOnTopic
from shared.runtime.command_line import run_part
from shared.runtime.lifecycle import Stop
from shared.settings.config import Config


def storage_of(_: GroupOnTopic, log: Log, __: str) -> Storage:
    """Create the fold of this part."""
    return Storage(DeadLetterTopic(log))


def store(config: Config, stop: Stop) -> None:
    """Store quotes until `stop` is set. Raises ConfigError or StopPart."""
    consume(ConsumingPart("storage", f"{config.kafka.group_id}-quotes", storage_of, migrate), config, stop)


if __name__ == "__main__":
    sys.exit(run_part("storage", __doc__, store))
