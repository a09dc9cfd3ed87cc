"""The command line shared by the commands of trained models, and their exit statuses."""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from shared.errors import TickstreamError
from shared.market.records import INTERVALS
from shared.runtime.command_line import configured
from shared.runtime.lifecycle import stop_on_signals
from shared.settings.config import Config

FAILED = 1
"""Exit status after an error or after Ctrl-C."""


def parser_of(doc: str | None, command: str) -> argparse.ArgumentParser:
    """A parser whose help is the module's docstring, with the arguments that select the bars."""
    parser = argparse.ArgumentParser(
        prog=f"python -m ml.{command}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="recorded bars: CSV, LEAN zips, or folders of them",
    )
    parser.add_argument(
        "--from-database", action="store_true", help="read the bars from the pipeline's tables instead"
    )
    parser.add_argument(
        "--interval", choices=INTERVALS, help="interval of the bars [that of the files; else 1d]"
    )
    parser.add_argument(
        "--since", type=date.fromisoformat, metavar="DATE", help="leave out earlier bars, such as 2005-01-01"
    )
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the arguments; exits with a usage error unless exactly one source of bars is given."""
    arguments = parser.parse_args()
    if bool(arguments.files) == arguments.from_database:
        parser.error("name files of recorded bars, or use --from-database")
    return arguments


def run_command(
    command: str, parser: argparse.ArgumentParser, run: Callable[[Config, argparse.Namespace], int]
) -> int:
    """Run a command until its end or Ctrl-C. Returns its exit status. An error is printed as one sentence on standard
    error."""
    stop_on_signals()
    try:
        arguments = parsed(parser)
        return run(configured(command, {}), arguments)
    except (TickstreamError, OSError) as error:
        print(f"{command}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{command}: interrupted.", file=sys.stderr)
    return FAILED
