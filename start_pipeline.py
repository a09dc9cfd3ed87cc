"""Starts and supervises all parts: producer, storage, analytics, trainer and the page at http://localhost:8050.

    python start_pipeline.py                                  sources of .env; without them, live quotes of Yahoo
    python start_pipeline.py --replay FILE... --speed 60      replay recorded files at sixty times their speed

If Yahoo can't be reached at the first start, a simulated market runs; the page offers live quotes once Yahoo answers.
Ctrl-C stops everything. A part that dies or hangs is started again; a part that can't continue stops no other part.
The pipeline ends with status 3 if producer, storage and analytics have all stopped. Settings: .env, see .env.example.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from db.migrate import migrate
from producer.live_offer import offering, take_over, withdraw
from producer.store.earlier_runs import has_run
from producer.transport.reachability import obstacle_now
from shared.errors import SourceError, StopPart, TickstreamError
from shared.kafka import make_topics
from shared.observability.logs import leave_console, print_error
from shared.observability.status_board import shown
from shared.postgres.database import make_database
from shared.runtime.command_line import parser_of, start
from shared.runtime.lifecycle import Stop, instance_name, retry_until_stopped, servers, stop_on_signals
from shared.runtime.supervision import EXIT_STOP, Child, supervise
from shared.settings.config import Config

log = logging.getLogger("tickstream.pipeline")

PARTS = {
    "screen": ("start_dashboard.py",),
    "producer": ("-m", "producer.producer"),
    "storage": ("-m", "consumer.consumer"),
    "analytics": ("-m", "analytics.analytics_consumer"),
    "trainer": ("-m", "ml.trainer"),
}


DELIVERY = ("-m", "delivery.delivery")
"""The part that sends alerts to ALERT_URLS; without an address it is not started. A replay delivers none."""

RECORDING = {"producer", "storage", "analytics"}
"""Without these parts data would be lost; the pipeline runs as long as one of them does."""

SIMULATED_INSTEAD = (
    "Yahoo can't be reached (%s): the page shows a simulated market. The connection is tried again every minute; once "
    "Yahoo answers, the page offers to switch to live quotes, and the next start uses them. With SOURCES=yahoo the "
    "start waits for Yahoo."
)


def children_of(arguments: argparse.Namespace, config: Config) -> list[Child]:
    """Every part with the replay options of the command line and, if no setting names a feed, that of `config`.

    Paths are absolute, because a part runs in the project's folder and not in the current one.
    """
    replay = (
        ["--replay", *(str(Path(name).resolve()) for name in arguments.replay)] if arguments.replay else []
    )
    speed = ["--speed", arguments.speed] if arguments.speed else []
    parts = PARTS | ({"delivery": DELIVERY} if config.delivers else {})
    settings = {} if config.producer.is_source_chosen else {"TICKSTREAM_FEED": config.feed}
    return [
        Child(part, (*command, *replay, *speed), settings, records=part in RECORDING)
        for part, command in parts.items()
    ]


def why_not_live(config: Config) -> SourceError | None:
    """Why live quotes can't be used at a first start that leaves the choice to the pipeline; None if they are used.

    Raises Unavailable.
    """
    if config.producer.is_source_chosen or config.producer.feed or has_run(config):
        return None
    if why := obstacle_now(config.providers.yahoo_url):
        log.info("The first request to Yahoo failed: %s", why)
        log.warning(SIMULATED_INSTEAD, why.cause)
    else:
        log.info("Yahoo answers: quotes are live.")
    return why


def simulated_with(config: Config) -> Config:
    """The same settings with the simulated market as feed."""
    chosen = config.producer.model_copy(update={"feed": "simulated"})
    return config.model_copy(update={"producer": chosen})


@contextmanager
def prepared(config: Config) -> Iterator[str]:
    """The DSN of a feed's tables, which are created with its topic if missing; holds the feed for this pipeline.

    Raises Unavailable, and ConfigError if another pipeline has the feed.
    """
    with instance_name("pipeline", config.topic(), config.embedded.data, slots=1):
        make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)
        dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
        migrate(dsn)
        yield dsn


def run_feed(config: Config, children: list[Child], stop: Stop) -> None:
    """Run the parts until `stop` is set; symbols added to the simulated market before are followed live from now on."""
    is_first = config.feed == "live" and not config.producer.is_source_chosen and not has_run(config)
    with prepared(config) as dsn:
        withdraw(dsn)
        if is_first and has_run(simulated := simulated_with(config)):
            take_over(simulated.postgres.dsn_for(simulated.database()), dsn)
        with shown(dsn, children, config.embedded), stop.gently():
            supervise(children, stop, config.errors)


def run_in_place_of_live(config: Config, arguments: argparse.Namespace, reason: str, stop: Stop) -> None:
    """Run the simulated market until `stop` is set or the user accepts live quotes, offered once Yahoo can be reached.

    `reason` is why it can't be reached, such as "no network".
    """
    simulated = simulated_with(config)
    children = children_of(arguments, simulated)
    with (
        prepared(simulated) as dsn,
        offering(dsn, config.providers.yahoo_url, reason) as accepted,
        shown(dsn, children, config.embedded),
        stop.gently(),
    ):
        supervise(children, stop, config.errors, accepted)
    if not stop.is_set():
        log.info(
            "Switching to live quotes; the data of the simulated market stay in %s.", simulated.database()
        )


def run(config: Config, arguments: argparse.Namespace, stop: Stop) -> None:
    """Start the servers, then run the parts until `stop` is set."""

    def attempt() -> None:
        began = time.monotonic()
        with servers(config) as ready:
            log.info("Kafka and PostgreSQL are ready after %.1f s.", time.monotonic() - began)
            why = why_not_live(ready)
            log.info("The page will be at http://localhost:%d. Ctrl-C stops everything.", config.screen.port)
            if not ready.delivers:
                log.info(
                    "Alerts are shown on the page and not delivered: ALERT_URLS is empty, or this is a replay."
                )
            if why is not None:
                run_in_place_of_live(ready, arguments, why.cause, stop)
            if not stop.is_set():
                run_feed(ready, children_of(arguments, ready), stop)

    retry_until_stopped("pipeline", attempt, stop, config.errors)


def main() -> int:
    """Run the pipeline; returns the exit status."""
    stop = stop_on_signals()
    try:
        arguments = parser_of(__doc__).parse_args()
        run(start("pipeline", arguments), arguments, stop)
    except TickstreamError as error:
        print_error(f"pipeline: {error}")
        return EXIT_STOP if isinstance(error, StopPart) else 1
    except KeyboardInterrupt:
        log.info("The pipeline has stopped.")
    finally:
        leave_console()
    return 0


if __name__ == "__main__":
    sys.exit(main())
