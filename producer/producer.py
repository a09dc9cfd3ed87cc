"""The producer: publishes a source's quotes to the log, each once.

    python -m producer.producer                          the source of .env (SOURCES), simulated without one
    python -m producer.producer --replay FILE... --speed 60     recorded files, at 60 times their own speed

Stop it, kill it, start it again: it goes on behind the last quote in the log. Settings: .env, see .env.example.
"""

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Event

from db.migrate import migrate
from producer.publish import NOTHING, Publisher, last_positions
from producer.sources.replay import paced, recorded
from producer.sources.simulated import SimulatedMarket
from shared.config import Config, load
from shared.database import connect, make_database
from shared.errors import TickstreamError, Unavailable
from shared.kafka import Log, LogWriter, make_topics
from shared.logs import start_logging
from shared.market import Record
from shared.parts import BEAT_SECONDS, EXIT_STOP, SignOfLife, keep_trying, place, servers, stop_on_signals

log = logging.getLogger("tickstream.producer")

Source = Callable[[Config, int, Event], Iterator[Record]]


def _replay(config: Config, _: int, stop: Event) -> Iterator[Record]:
    return paced(recorded(config.producer.replay_files), config.producer.replay_speed, time.monotonic, stop.wait)


def _simulated(config: Config, after: int, stop: Event) -> Iterator[Record]:
    market = SimulatedMarket(config.producer.tickers, config.producer.simulated_seed)
    return market.live(after if after != NOTHING else None, lambda: datetime.now(UTC), stop.wait)


SOURCES: dict[str, Source] = {"replay": _replay, "simulated": _simulated}
"""Every source by the name it has in SOURCES: what it yields behind a position."""
