"""The delivery part: sends new alerts to the addresses of ALERT_URLS.

    python -m delivery.delivery          run until Ctrl-C
    python -m delivery.test              send a test message to each address
    python -m delivery list              what waits, was delivered or was given up

It can be stopped or killed at any time: each alert is delivered at least once. Settings: .env, see .env.example and
docs/delivery.md.
"""

import logging
import signal
import sys
from contextlib import closing
from datetime import UTC, datetime

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from db.migrate import migrate
from delivery.dispatcher import Dispatcher
from delivery.plan.next_message import SendingRules
from delivery.plan.texts import TextSettings
from delivery.routes.route import Route, open_routes
from delivery.store.outbox_tables import is_alone, switch_on
from shared.errors import Unavailable
from shared.observability.heartbeat import BEAT_SECONDS, beat
from shared.postgres.database import Connection, connect, make_database, transaction
from shared.runtime.command_line import run_part
from shared.runtime.lifecycle import HeartbeatRow, Stop, instance_name, retry_until_stopped, servers
from shared.settings.config import Config
from shared.settings.delivery_settings import DeliverySettings

log = logging.getLogger("tickstream.delivery")


def now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


def sending_rules(settings: DeliverySettings, *, is_simulated: bool) -> SendingRules:
    """How alerts are sent."""
    texts = TextSettings(settings.subject, settings.body, settings.zone, is_simulated)
    return SendingRules(texts, settings.digest_above)


def run(connection: Connection, dispatcher: Dispatcher, heartbeat_row: HeartbeatRow, stop: Stop) -> None:
    """Deliver until `stop` is set. Raises Unavailable while another process delivers the alerts of this database."""
    with transaction(connection) as cursor:
        if not is_alone(cursor):
            raise Unavailable("another process delivers the alerts of this database")
        since = switch_on(cursor)
    log.info(
        "Alerts of records that were published since %s are delivered.", f"{since:%Y-%m-%d %H:%M:%S} UTC"
    )
    dispatcher.resume(connection)
    while not stop.is_set():
        beat()
        waiting = dispatcher.step(connection)
        if heartbeat_row.due():
            detail = [*([f"{waiting} waiting"] if waiting else []), *dispatcher.failing]
            heartbeat_row.write(connection, "running", "; ".join(detail), waiting, dispatcher.delivered)
        dispatcher.wait(BEAT_SECONDS)
    dispatcher.finish(connection)
    heartbeat_row.write(connection, "stopped", "", 0, dispatcher.delivered)


def opened(settings: DeliverySettings) -> list[Route]:
    """The routes, with a warning for each that is not encrypted. Raises ConfigError."""
    routes = open_routes(settings.addresses, settings.zone, settings.send_seconds)
    for route in routes:
        if route.is_plain:
            log.warning(
                "%s sends unencrypted over the network: use its encrypted form if it has a secret.", route
            )
    return routes


def deliver(config: Config, stop: Stop) -> None:
    """Deliver until `stop` is set; returns at once if there is no address, or in a replay. Raises ConfigError or
    StopPart."""
    settings = config.delivery
    if not config.delivers:
        reason = "this is a replay" if settings.is_on else "ALERT_URLS is empty"
        log.info("Alerts are shown on the page and not delivered: %s.", reason)
        return
    routes = opened(settings)
    rules = sending_rules(settings, is_simulated=config.feed == "simulated")
    dispatcher = Dispatcher(routes, settings, rules, now)
    with instance_name("delivery", config.topic(), config.embedded.data, slots=1) as instance:
        heartbeat_row = HeartbeatRow("delivery", instance)

        def attempt() -> None:
            with servers(config, kafka=False) as ready:
                dsn = make_database(ready.postgres.dsn_for("postgres"), ready.database())
                migrate(dsn)
                with closing(connect(dsn, "delivery")) as connection, stop.gently():
                    log.info(
                        "delivery started on database %s: %s", ready.database(), ", ".join(map(str, routes))
                    )
                    run(connection, dispatcher, heartbeat_row, stop)

        retry_until_stopped("delivery", attempt, stop, config.errors)


if __name__ == "__main__":
    sys.exit(run_part("delivery", __doc__, deliver))
