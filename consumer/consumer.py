"""The storage part: stores every quote of the log in PostgreSQL, exactly once.

    python -m consumer.consumer          run until Ctrl-C

It reads the topic of the configured feed (SOURCES) and writes `quotes` and `dead_letters`. Stop it, kill it,
start it again: it goes on behind the last row. Settings: .env, see .env.example.
"""

import argparse
import sys

from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from db.migrate import migrate
from shared.config import load
from shared.consuming import ConsumingPart, consume
from shared.errors import TickstreamError
from shared.kafka import Log
from shared.logs import start_logging
from shared.parts import EXIT_STOP, stop_on_signals
from shared.progress import Reading


def storage_of(_: Reading, log: Log) -> Storage:
    """The fold of this part."""
    return Storage(DeadLetterTopic(log))


def main() -> int:
    """Run the part; its exit status."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    try:
        config = load()
        start_logging(config.logging, "storage")
        part = ConsumingPart("storage", f"{config.kafka.group_id}-quotes", storage_of, migrate)
        consume(part, config, stop_on_signals())
    except TickstreamError as error:
        print(error, file=sys.stderr)
        return EXIT_STOP
    return 0


if __name__ == "__main__":
    sys.exit(main())
