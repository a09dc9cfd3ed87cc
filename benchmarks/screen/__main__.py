"""How soon a viewer sees a quote, another symbol and the first view, in a real browser.

    python -m benchmarks.screen                             all rows, the desk and the usual Dash tutorial beside it
    python -m benchmarks.screen --rows painted switch       these rows alone
    python -m benchmarks.screen --pages Tickstream --seconds 60

Everything runs on an embedded Kafka and PostgreSQL in a temporary folder, with a headless Chromium.
"""

import argparse
import sys

from benchmarks.screen.browser import chromium
from benchmarks.screen.desk import PAGES, SYMBOLS, ScreenDesk
from benchmarks.screen.measures import AIMS, MEASURES, Cells
from benchmarks.staging.stage import say, stage
from benchmarks.staging.tables import table

FOOT = f"""\
painted     the browser has painted it: the message after the frame. A state or quote that a newer one has overtaken
            counts until the newer one is painted. The tutorial's page returns the whole figure once a second.
switch, first view, layout shift   while each of {SYMBOLS} symbols is quoted once a second.
heap        after a collection, at a thousand quotes a second.
"""


def measured(desk: ScreenDesk, name: str, rows: list[str], seconds: float) -> Cells:
    """The cells of one page."""
    found: Cells = {}
    with desk.page(name) as (address, server), chromium() as browser:
        for row in [each for each in rows if name == "Tickstream" or each != "sockets"]:
            say(f"{name}: {row}")
            cells = MEASURES[row](desk, browser, address, server, seconds)
            say("; ".join(f"{label}: {cell}" for label, cell in cells.items()))
            found |= cells
    return found


def main() -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=list(PAGES))
    parser.add_argument("--seconds", type=float, default=60.0, help="of the rows at a steady rate")
    options = parser.parse_args()
    with stage() as on:
        desk = ScreenDesk(on)
        say("loading the past")
        desk.load_history()
        found = {name: measured(desk, name, options.rows, options.seconds) for name in options.pages}
    names = [name for name in AIMS if any(name in cells for cells in found.values())]
    lines = [(name, AIMS[name], *(cells.get(name, "–") for cells in found.values())) for name in names]
    print(table("The screen", ("", "aim", *found), lines))
    print(FOOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
