"""Starts the screen alone, at http://localhost:8050. `python start_pipeline.py` starts it with everything else.

    python start_dashboard.py                    show the feed of .env, live quotes of Yahoo without one
    python start_dashboard.py --port 8051        on another port
    python start_dashboard.py --host 0.0.0.0     for other machines too: there is no login, so mind who can reach it
    python start_dashboard.py --replay FILE...   show the replay of these files

It reads the database, and waits for it where it is away. All it writes is its sign of life, and that live quotes
are wanted where the page is asked to switch to them. Ctrl-C stops it. Settings: .env, see .env.example.
"""

import argparse
import logging
import socket
import sys
import threading
import time
from functools import partial

import uvicorn
from psycopg2.extensions import parse_dsn
from starlette.types import ASGIApp

from dashboard.api.guard import Names, names_at
from dashboard.app import build
from dashboard.presenters.delta import PageContext
from dashboard.read.read_model import ReadModel
from dashboard.text.rewording import Rewording
from shared.errors import ConfigError, TickstreamError
from shared.observability import heartbeat as pulse
from shared.observability.logs import leave_console, print_error
from shared.runtime.command_line import parser_of, start
from shared.runtime.lifecycle import Stop, keep_trying, place, servers, stop_on_signals, stop_without
from shared.runtime.supervision import EXIT_STOP
from shared.settings.config import Config

BUSY = 98, 48, 10048
"""What Linux, macOS and Windows answer where a port is taken."""
LOOK_SECONDS = 0.25
BUILD_SECONDS = 300.0
"""The chart library may have to be fetched over a slow line first."""

log = logging.getLogger("tickstream")


def main() -> int:
    """Show the screen until Ctrl-C; its exit status."""
    stop = stop_on_signals()
    try:
        arguments = _arguments()
        pulse.begin(arguments.pulse)
        stop_without(arguments.supervisor, stop)
        config = start("screen", arguments)
        _show(config, arguments.host or config.screen.host, arguments.port or config.screen.port, stop)
    except TickstreamError as error:
        print_error(f"screen: {error}")
        pulse.last_words(str(error))
        return EXIT_STOP
    except KeyboardInterrupt:
        log.info("screen stops before it began.")
    finally:
        leave_console()
    return 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--port", type=int, help="where the page is served; otherwise DASHBOARD_PORT, 8050")
    parser.add_argument(
        "--host", help="which address it is served on; otherwise DASHBOARD_HOST, this machine only"
    )
    return parser.parse_args()


def _listen(host: str, port: int) -> socket.socket:
    """The socket of the page. Raises ConfigError with what to do where it can't be had."""
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) in BUSY:
            hint = (
                f"Port {port} is taken, perhaps by a screen that runs already: "
                "choose another with --port or DASHBOARD_PORT."
            )
        else:
            hint = f"The page can't be served at {host}:{port}: {error}."
        raise ConfigError(hint) from None


def _show(config: Config, host: str, port: int, stop: Stop) -> None:
    """Serve the page at a port until `stop` is set. Raises ConfigError or StopPart."""
    with (
        _listen(host, port) as listener,
        place("screen", config.topic(), config.embedded.data) as instance,
    ):

        def attempt() -> None:
            with servers(config, kafka=False):
                with pulse.long_step(BUILD_SECONDS):
                    app, model = _screen(config, instance, names_at(host, config.screen.allowed_hosts))
                print(f"The page is at http://{_shown(host)}:{port}. Ctrl-C stops it.", flush=True)
                _serve(app, model, listener, stop)

        keep_trying("screen", attempt, stop, config.errors)


class CountingServer(uvicorn.Server):
    """A server that counts the turns of its loop: one that hangs makes none."""

    turns = 0

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second by the loop that serves every request."""
        self.turns += 1
        return await super().on_tick(counter)


def _address(config: Config) -> str:
    """The DSN of the tables; the embedded server is started again where it is gone. Raises Unavailable."""
    with servers(config, kafka=False) as ready:
        return ready.postgres.dsn_for(ready.database())


def _screen(config: Config, instance: str, names: Names) -> tuple[ASGIApp, ReadModel]:
    """The page and what it reads. Raises Unavailable where the database or the chart library can't be had yet."""
    address = partial(_address, config)
    # Milliseconds since 1970 as the first sequence: it is above any that an earlier run reached.
    first_sequence, kept = time.time_ns() // 1_000_000, config.running.cache_size
    model = ReadModel(address, config.feed, kept, first_sequence, instance, config.kafka.group_id)
    context = PageContext(config.feed, _place(address()), config.indicators, config.alerts)
    app = build(model, context, Rewording(config.rewording) if config.rewording.base_url else None, names)
    return app, model


def _serve(app: ASGIApp, model: ReadModel, listener: socket.socket, stop: Stop) -> None:
    """Serve the page until `stop` is set. Ends the process with status 1 where the tables can't be read any more:
    its supervisor starts it again."""
    server = CountingServer(
        uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=1, ws="none")
    )

    # In a thread of its own it leaves the signals to us: in the main one it would raise them again at its end.
    page = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="page")
    with stop.gently():
        page.start()
        _watch(page, server, model, stop)
        server.should_exit = True
        page.join()
    if model.has_failed:
        sys.exit("screen: reading the tables failed; why is above.")
    stop.set()


def _watch(page: threading.Thread, server: CountingServer, model: ReadModel, stop: Stop) -> None:
    """Wait for the end, with a sign of life whenever both the server and the reading have made a turn."""
    turns = (0, 0)
    while page.is_alive() and not stop.wait(LOOK_SECONDS) and not model.has_failed:
        now = (server.turns, model.turns)
        if now[0] > turns[0] and now[1] > turns[1]:
            pulse.beat()
            turns = now


def _place(dsn: str) -> str:
    """The database in words, without its password."""
    parts = parse_dsn(dsn)
    return f"The database {parts.get('dbname')} at {parts.get('host', 'localhost')}:{parts.get('port', 5432)}"


def _shown(host: str) -> str:
    """The name to type in a browser."""
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104 (shown, not bound)


if __name__ == "__main__":
    sys.exit(main())
