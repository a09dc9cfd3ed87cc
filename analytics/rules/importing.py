"""The command that prints a condition of another language as a rule."""

import argparse
import sys

from analytics.indicators.spec import Parameters
from shared.market.records import INTERVALS

FROM_INPUT = "-"
LANGUAGES = ("pine", "stockcharts")


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "text", metavar="TEXT", help="the scan or script in quotation marks; - reads it from standard input"
    )
    command.add_argument(
        "--from", dest="dialect", choices=LANGUAGES, help="its language; otherwise it is recognized"
    )
    command.add_argument(
        "--on", dest="interval", choices=INTERVALS, help="the interval of a script's chart; 1m without it"
    )


def print_imported(arguments: argparse.Namespace, parameters: Parameters) -> int:
    """Print the equivalent rule, and each difference in meaning on standard error. Returns the exit status: 2 if there
    is none."""
    # Imported here, because the other commands need no other language, and start faster.
    from analytics.alerts.importing.imported import LONGEST, ImportingError, imported

    text = arguments.text
    if text == FROM_INPUT:
        text = sys.stdin.read(max(LONGEST.values()) + 1)
    try:
        found = imported(text, arguments.dialect, arguments.interval, parameters)
    except ImportingError as error:
        print(error, file=sys.stderr)
        return 2
    print(found.text)
    for difference in found.differences:
        print(f"- {difference}", file=sys.stderr)
    return 0
