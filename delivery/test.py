"""Send a test message to each address of ALERT_URLS, and print what happened.

    python -m delivery.test                 to each address
    python -m delivery.test --route 2       to the second one

Each line names a route and what became of the message: delivered, refused with a status, no answer in time, or that
the name of the host was not found. Messages are sent in quiet hours too, and to routes that take only some alerts.
Addresses and their secrets are not shown. Settings: .env; docs/delivery.md has examples of addresses.
Exit status: 0 if each message was delivered; 1 if not; 2 if an argument can't be read.
"""

import argparse
import sys
from datetime import datetime
from queue import Empty, SimpleQueue

from delivery.delivery import now, sending_rules
from delivery.dispatcher import GRACE_SECONDS
from delivery.lane import Finished, Lane
from delivery.plan.next_message import OutgoingMessage
from delivery.plan.texts import single
from delivery.plan.waiting import WaitingAlert
from delivery.routes.results import TIMED_OUT, SendingResult
from delivery.routes.route import Route, open_routes
from delivery.store.route_tables import RouteState
from shared.errors import ConfigError
from shared.runtime.command_line import configured, program, run_command
from shared.settings.config import Config

LONGEST = 1_000
"""Characters of the text of a test message."""


def test_message(config: Config, at: datetime) -> OutgoingMessage:
    """The message of an alert that no rule raised, with the templates of the settings."""
    alert = WaitingAlert(
        f"test-{at:%Y%m%d%H%M%S}",
        "TEST",
        "1m",
        "test",
        "a test message of Tickstream",
        at,
        at,
        "critical",
        100.0,
    )
    rules = sending_rules(config.delivery, is_simulated=config.feed == "simulated")
    return OutgoingMessage(alert.id, (alert,), single(alert, rules.texts, at, LONGEST))


def send_to(route: Route, message: OutgoingMessage, seconds: float) -> SendingResult:
    """Send a message within a time limit."""
    finished: SimpleQueue[Finished] = SimpleQueue()
    Lane(route, RouteState(), finished).begin(message)
    try:
        return finished.get(timeout=seconds).result
    except Empty:
        return TIMED_OUT


def chosen(routes: list[Route], number: int | None) -> list[Route]:
    """The routes to test. Raises ConfigError if there is none of this number."""
    if not routes:
        raise ConfigError(
            "ALERT_URLS is empty: set it in .env to an address, such as those in docs/delivery.md."
        )
    found = [route for route in routes if number in (None, route.number)]
    if not found:
        raise ConfigError(
            f"there is no route {number}: the number of addresses in ALERT_URLS is {len(routes)}."
        )
    return found


def send_tests(number: int | None) -> int:
    """Send the messages and print the results; returns the exit status. Raises ConfigError."""
    config = configured("delivery", {})
    settings = config.delivery
    routes = chosen(open_routes(settings.addresses, settings.zone, settings.send_seconds), number)
    message, failed = test_message(config, now()), 0
    for route in routes:
        result = send_to(route, message, settings.send_seconds + GRACE_SECONDS)
        print(f"{route.name}: {result.words}")
        failed += not result.is_delivered
    return 1 if failed else 0


def main() -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog=program(), description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--route", type=int, metavar="N", help="only the Nth address of ALERT_URLS")
    arguments = parser.parse_args()
    return run_command("delivery.test", lambda: send_tests(arguments.route))


if __name__ == "__main__":
    sys.exit(main())
