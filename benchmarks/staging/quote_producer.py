"""The producer of the benchmarks: the real publisher with generated quotes.

    python -m benchmarks.staging.quote_producer --quotes 1000000               as fast as the broker acknowledges them
    python -m benchmarks.staging.quote_producer --quotes 20000 --rate 1000     1,000 a second

Prints one line of JSON at the end: times of the first quote made and of the last one acknowledged, CPU, messages.
"""

import argparse
import json
import sys
import time
from contextlib import closing, nullcontext
from threading import Event

from benchmarks.staging.market import SOURCE, backlog, live
from benchmarks.staging.rules import once, rule_changes
from producer.publishing.holder import Holder, new_name
from producer.publishing.lease import leased
from producer.publishing.publisher import Publisher, last_positions
from shared.kafka import LogWriter, make_topics
from shared.runtime.lifecycle import servers, stop_on_signals
from shared.settings.config import load


def publish(arguments: argparse.Namespace, stop: Event) -> dict[str, float]:
    """Publish to the topic of the settings; returns start and end (epoch seconds), CPU seconds, messages."""
    with servers(load(), kafka=True) as config:
        topic = make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)
        if arguments.rate:
            records = live(arguments.quotes, arguments.symbols, arguments.rate, stop, arguments.history)
        else:
            records = backlog(arguments.quotes, arguments.symbols, arguments.quotes_a_minute)
        with (
            leased(topic, Holder(new_name(SOURCE)), stop, lambda _: nullcontext()) as lease,
            closing(LogWriter(topic)) as writer,
        ):
            assert lease is not None, "no other producer publishes here"
            positions = last_positions(topic, SOURCE, lease)
            began, cpu = time.time(), time.process_time()
            armed = once(rule_changes(arguments.rules, topic.partitions))
            Publisher(topic, writer, lease, positions, take_extra=armed).publish(records, stop)
            return {
                "began": began,
                "ended": time.time(),
                "cpu": time.process_time() - cpu,
                "messages": writer.acknowledged,
            }


def main() -> int:
    """Publish as the command line states; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quotes", type=int, required=True)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument(
        "--quotes-a-minute", type=int, default=60, help="quotes of each symbol per minute of event time"
    )
    parser.add_argument("--history", type=int, default=0, help="minutes of quotes before those at the rate")
    parser.add_argument("--rules", type=int, default=0, help="alert rules that are armed at the start")
    parser.add_argument("--rate", type=float, default=0.0, help="quotes per second of real time; 0: no limit")
    arguments, stop = parser.parse_args(), stop_on_signals()
    with stop.gently():
        print(json.dumps(publish(arguments, stop)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
