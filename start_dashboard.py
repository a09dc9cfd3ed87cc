"""Serves the page alone, at http://localhost:8050. `python start_pipeline.py` starts it together with all other parts.

    python start_dashboard.py                    show the feed of .env; without one, live quotes of Yahoo
    python start_dashboard.py --port 8051        serve on another port
    python start_dashboard.py --host 0.0.0.0     serve to other machines too: there is no login
    python start_dashboard.py --replay FILE...   show the replay of these files

It reads the database, and waits for it while it can't be reached. It writes only its heartbeat and, when the user
switches from the simulated market to live quotes, that request. Ctrl-C stops it. Settings: .env, see .env.example.
"""

import argparse
import logging
import socket
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import uvicorn
from psycopg2.extensions import parse_dsn
from starlette.types import ASGIApp

from dashboard.api.guard import Names, names_at
from dashboard.api.socket_protocol import SOCKET_OPTIONS
from dashboard.app import build
from dashboard.presenters.delta import PageContext
from dashboard.read.read_model import ReadModel
from shared.errors import ConfigError, TickstreamError
from shared.observability import heartbeat as pulse
from shared.observability.logs import leave_console, print_error
from shared.runtime.command_line import parser_of, start
from shared.runtime.lifecycle import (
    Stop,
    instance_name,
    retry_until_stopped,
    servers,
    stop_on_signals,
    stop_without,
)
from shared.runtime.supervision import EXIT_STOP
from shared.settings.config import Config
from shared.settings.model_settings import RewordingSettings

if TYPE_CHECKING:
    from dashboard.text.rewording import Rewording

PORT_IN_USE = 98, 48, 10048
"""Error numbers of Linux, macOS and Windows for a port that is taken."""
LOOK_SECONDS = 0.25
BUILD_SECONDS = 300.0
"""Longest time to build the page: the charting library may have to be downloaded over a slow connection first."""

log = logging.getLogger("tickstream")


def main() -> int:
    """Serve the page until Ctrl-C; returns the exit status."""
    stop = stop_on_signals()
    try:
        arguments = _arguments()
        pulse.begin(arguments.pulse)
        stop_without(arguments.supervisor, stop)
        config = start("screen", arguments)
        _serve_at(config, arguments.host or config.screen.host, arguments.port or config.screen.port, stop)
    except TickstreamError as error:
        print_error(f"screen: {error}")
        pulse.report_failure(str(error))
        return EXIT_STOP
    except KeyboardInterrupt:
        log.info("screen was stopped before it started.")
    finally:
        leave_console()
    return 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--port", type=int, help="port of the page (default: DASHBOARD_PORT, 8050)")
    parser.add_argument("--host", help="address of the page (default: DASHBOARD_HOST, this machine only)")
    return parser.parse_args()


def _listen(host: str, port: int) -> socket.socket:
    """The socket of the page. Raises ConfigError with advice if it can't be opened."""
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) in PORT_IN_USE:
            hint = (
                f"Port {port} is in use, perhaps by another server of the page: "
                "set another one with --port or DASHBOARD_PORT."
            )
        else:
            hint = f"The page can't be served at {host}:{port}: {error}."
        raise ConfigError(hint) from None


def _serve_at(config: Config, host: str, port: int, stop: Stop) -> None:
    """Serve the page at this address until `stop` is set. Raises ConfigError or StopPart."""
    with (
        _listen(host, port) as listener,
        instance_name("screen", config.topic(), config.embedded.data) as instance,
    ):

        def attempt() -> None:
            with servers(config, kafka=False):
                with pulse.long_step(BUILD_SECONDS):
                    app, model = _built(config, instance, names_at(host, config.screen.allowed_hosts))
                print(f"The page is at http://{_browser_host(host)}:{port}. Ctrl-C stops it.", flush=True)
                _serve(app, model, listener, stop)

        retry_until_stopped("screen", attempt, stop, config.errors)


class CountingServer(uvicorn.Server):
    """A server that counts the turns of its event loop, by which a hang is detected."""

    turns = 0

    async def on_tick(self, counter: int) -> bool:
        """Count one turn; called ten times a second by the loop that serves every request."""
        self.turns += 1
        return await super().on_tick(counter)


def _dsn(config: Config) -> str:
    """The DSN of the tables; starts the embedded server again if it has ended. Raises Unavailable."""
    with servers(config, kafka=False) as ready:
        return ready.postgres.dsn_for(ready.database())


def _built(config: Config, instance: str, names: Names) -> tuple[ASGIApp, ReadModel]:
    """The page and its read model. Raises Unavailable if the database or the charting library can't be reached yet."""
    address = partial(_dsn, config)
    # Milliseconds since 1970 as the first sequence number: higher than any that an earlier run reached.
    first_sequence, kept = time.time_ns() // 1_000_000, config.running.cache_size
    model = ReadModel(address, config.feed, kept, first_sequence, instance, config.kafka.group_id)
    context = PageContext(
        config.feed, _database_name(address()), config.indicators, config.alerts, config.news.half_life
    )
    return build(model, context, _rewording(config.rewording), names), model


def _rewording(settings: RewordingSettings) -> "Rewording | None":
    """The rewording of summaries, None if no language model is set."""
    if not settings.base_url:
        return None
    from dashboard.text.rewording import Rewording  # here, because only it needs a client for HTTP

    return Rewording(settings)


def _serve(app: ASGIApp, model: ReadModel, listener: socket.socket, stop: Stop) -> None:
    """Serve the page until `stop` is set.

    Ends the process with status 1 if the tables can't be read any more; the supervisor starts it again.
    """
    server = CountingServer(
        uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=1, **SOCKET_OPTIONS)
    )

    # In a separate thread it leaves the signals to us: in the main thread it would raise them again at its end.
    page = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="page")
    with stop.gently():
        page.start()
        _watch(page, server, model, stop)
        server.should_exit = True
        page.join()
    if model.has_failed:
        sys.exit("screen: reading the tables failed; the reason is logged above.")
    stop.set()


def _watch(page: threading.Thread, server: CountingServer, model: ReadModel, stop: Stop) -> None:
    """Wait for the end, and send a heartbeat whenever both the server and the reading thread have made a turn."""
    turns = (0, 0)
    while page.is_alive() and not stop.wait(LOOK_SECONDS) and not model.has_failed:
        now = (server.turns, model.turns)
        if now[0] > turns[0] and now[1] > turns[1]:
            pulse.beat()
            turns = now


def _database_name(dsn: str) -> str:
    """Name and address of the database, without the password."""
    parts = parse_dsn(dsn)
    return f"The database {parts.get('dbname')} at {parts.get('host', 'localhost')}:{parts.get('port', 5432)}"


def _browser_host(host: str) -> str:
    """The host name to type in a browser."""
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104 (shown, not bound)


if __name__ == "__main__":
    sys.exit(main())
