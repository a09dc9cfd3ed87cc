"""Starts and watches every part: producer, storage, analytics and the screen at http://localhost:8050.

    python start_pipeline.py                                  the source of .env, the simulated market without one
    python start_pipeline.py --replay FILE... --speed 60      recorded files, sixty times as fast as they were

Ctrl-C stops everything. A part that dies is started again. Settings: .env, see .env.example.
"""

import argparse
import logging
import sys
import time
from pathlib import Path

from db.migrate import migrate
from shared.command_line import parser_of, start
from shared.config import Config
from shared.database import make_database
from shared.errors import TickstreamError
from shared.kafka import make_topics
from shared.parts import Stop, keep_trying, place, servers, stop_on_signals
from shared.supervising import Child, supervise

log = logging.getLogger("tickstream.pipeline")

PARTS = {
    "screen": ("start_dashboard.py",),
    "producer": ("-m", "producer.producer"),
    "storage": ("-m", "consumer.consumer"),
    "analytics": ("-m", "analytics.analytics_consumer"),
}


def children_of(arguments: argparse.Namespace) -> list[Child]:
    """Every part, with what the command line said about the replay; a part runs in the project's folder, not here."""
    replay = (
        ["--replay", *(str(Path(name).resolve()) for name in arguments.replay)] if arguments.replay else []
    )
    speed = ["--speed", arguments.speed] if arguments.speed else []
    return [Child(part, (*command, *replay, *speed)) for part, command in PARTS.items()]


def run(config: Config, children: list[Child], stop: Stop) -> None:
    """Bring up the servers, topics and tables once, then the parts, until `stop` is set."""

    def attempt() -> None:
        began = time.monotonic()
        with servers(config) as ready:
            make_topics(ready.kafka.bootstrap_servers, ready.topic(), ready.kafka.partitions)
            migrate(make_database(ready.postgres.dsn_for("postgres"), ready.database()))
            log.info("Kafka and PostgreSQL are ready after %.1f s.", time.monotonic() - began)
            log.info("The page will be at http://localhost:%d. Ctrl-C stops everything.", config.screen.port)
            with stop.gently():
                supervise(children, stop, config.errors)

    with place("pipeline", config.topic(), config.embedded.data, slots=1):
        keep_trying("pipeline", attempt, stop, config.errors)


def main() -> int:
    """Run the pipeline; its exit status."""
    stop = stop_on_signals()
    try:
        arguments = parser_of(__doc__).parse_args()
        run(start("pipeline", arguments), children_of(arguments), stop)
    except TickstreamError as error:
        print(f"pipeline: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        log.info("The pipeline stops before it began.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
