"""The command line that all parts share: arguments, help text and exit status."""

import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import ConfigError, TickstreamError, Unavailable
from shared.files.free_space import waiting_for_room
from shared.observability import heartbeat as pulse
from shared.observability.logs import leave_console, print_error, start_logging
from shared.runtime.lifecycle import Stop, stop_on_signals, stop_without
from shared.runtime.supervision import EXIT_AGAIN, EXIT_STOP
from shared.settings.config import Config, Value, load

LOAD_SECONDS = 3600.0
"""Limit for loading the settings: naming a recording requires reading it completely."""
RECORDINGS = ("*.zip", "*.csv", "*.csv.gz")


def program() -> str | None:
    """The command that started this program, for its help: `python -m package.module`; None for a script, which
    argparse names by its file."""
    spec = sys.modules["__main__"].__spec__
    return None if spec is None else f"python -m {spec.name.removesuffix('.__main__')}"


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """A parser that uses the module docstring as help, with the arguments that choose a recording."""
    parser = argparse.ArgumentParser(
        prog=program(), description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--replay",
        nargs="+",
        metavar="FILE",
        help="replay these recordings (or all in these folders) instead of the source in .env: "
        "CSV of quotes or bars, LEAN zips of trades",
    )
    parser.add_argument("--speed", help="of the replay: 1 as it was, 60 for sixty times as fast, max")
    parser.add_argument("--supervisor", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--pulse", type=int, help=argparse.SUPPRESS)
    return parser


def run_command(name: str, run: Callable[[], int | None]) -> int:
    """Run a command that ends by itself, with the exit status that it returns, None for 0. An error is printed after
    the command's name, with the exit status 1."""
    try:
        return run() or 0
    except TickstreamError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted.", file=sys.stderr)
        return 1


def second_of(text: str) -> float:
    """The type of an argument: a time in ISO 8601 as epoch seconds; without a time zone it is UTC."""
    try:
        time = datetime.fromisoformat(text)
        second = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        datetime.fromtimestamp(second, UTC)  # in UTC it may be before the year 1 or after 9999
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time such as 2024-01-02 or 2024-01-02T15:30-05:00"
        ) from error
    return second


def settings_of(arguments: argparse.Namespace) -> dict[str, Value]:
    """The arguments as settings. Raises ConfigError if a recording does not exist."""
    settings: dict[str, Value] = {} if arguments.speed is None else {"REPLAY_SPEED": arguments.speed}
    if arguments.replay:
        files = tuple(str(file) for name in arguments.replay for file in _recordings(Path(name)))
        settings |= {"SOURCES": "replay", "REPLAY_FILES": files}
    return settings


def _recordings(path: Path) -> list[Path]:
    path = path.resolve()
    if path.is_file():
        return [path]
    found = sorted(
        file for pattern in RECORDINGS for file in path.rglob(pattern) if "_quote" not in file.name
    )
    if not found:
        raise ConfigError(f"--replay {path}: no recording found ({', '.join(RECORDINGS)}).")
    return found


def start(part: str, arguments: argparse.Namespace) -> Config:
    """Load the settings from the command line and `.env`, as `configured` does. Raises ConfigError."""
    return configured(part, settings_of(arguments))


def configured(part: str, settings: Mapping[str, Value]) -> Config:
    """Load the settings, start logging and log all warnings; `settings` override `.env`. Raises ConfigError."""
    with pulse.long_step(LOAD_SECONDS):
        config = load(arguments=settings)
    start_logging(config.logging, part)
    for warning in config.warnings:
        logging.getLogger("tickstream").warning(warning)
    return config


def run_part(part: str, doc: str | None, run: Callable[[Config, Stop], None]) -> int:
    """Run a part until its end or Ctrl-C; returns its exit status. Expected errors print one sentence, no traceback."""
    stop = stop_on_signals()
    threading.excepthook = lambda died: end_with_thread(died, stop)
    try:
        arguments = parser_of(doc).parse_args()
        pulse.begin(arguments.pulse)
        stop_without(arguments.supervisor, stop)
        with waiting_for_room():
            run(start(part, arguments), stop)
    except Unavailable as error:
        print_error(f"{part}: {error}")
        return EXIT_AGAIN
    except TickstreamError as error:
        print_error(f"{part}: {error}")
        pulse.report_failure(str(error))
        return EXIT_STOP
    except KeyboardInterrupt:
        logging.getLogger("tickstream").info("%s was stopped before it started.", part)
    finally:
        leave_console()
    return 0


def end_with_thread(died: threading.ExceptHookArgs, stop: threading.Event) -> None:
    """End the process at once if one of its threads died of an unexpected error, unless `stop` is set.

    A part without one of its threads looks healthy but does nothing. A killed part is restarted and loses nothing.
    """
    if stop.is_set() or died.exc_type is SystemExit:
        return
    error = (died.exc_type, died.exc_value or died.exc_type(), died.exc_traceback)
    name = died.thread.name if died.thread else "unknown"
    logging.getLogger("tickstream").critical("The thread %s failed, so the part exits.", name, exc_info=error)
    logging.shutdown()
    os._exit(1)
