"""Do random user actions on the page, and check after each one whether everything is right.

python -m tests.walk                               2,000 actions over three sizes of screen, as `make soak`
python -m tests.walk --actions 40 --seed 7 --size 390x844      repeat one walk
python -m tests.walk --pictures FOLDER             store a picture after every fiftieth action
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser
from rich.console import Console
from rich.progress import Progress

from shared.embedded import lease_postgres
from shared.embedded.ports import free_port
from tests.pages import chromium
from tests.tab import Tab
from tests.walk.market import DrawnMarket, market_in
from tests.walk.server import WalkServer, served
from tests.walk.walking import SIZES, Walk, WalkFailed

ACTIONS = 2000
LENGTH = 100
"""Actions of one walk; then another seed, size and market begin."""
PICTURE_EVERY = 50


def main() -> int:
    """Walk until all actions are done or one leaves the page wrong; the exit status."""
    given = _arguments()
    sizes = [given.size] if given.size else list(SIZES)
    done = 0
    with _browsing() as (browser, admin), Progress(console=Console(stderr=True)) as progress:
        reader = browser.new_page()
        task = progress.add_task("Walking", total=given.actions)

        def report(action: str) -> None:
            nonlocal done
            done += 1
            progress.update(task, completed=done, description=f"{action[:32]:32}")
            if given.pictures and done % PICTURE_EVERY == 0:
                walk.page.screenshot(path=given.pictures / f"{done:05}-{walk.size[0]}.png")

        for number in count():
            if done >= given.actions:
                break
            seed, size = given.seed + number, sizes[number % len(sizes)]
            with (
                _market(admin, seed) as (market, server),
                closing(Tab(browser)) as tab,
                tab.visit(server.address, size) as visit,
            ):
                walk = Walk(visit, reader, market, server, seed, size)
                try:
                    walk.go(min(LENGTH, given.actions - done), report)
                except WalkFailed as failure:
                    progress.stop()
                    print(failure, file=sys.stderr)
                    return 1
    print(f"{done} actions from seed {given.seed} on, over {len(sizes)} sizes: 0 failures")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--actions", type=int, default=ACTIONS, help="how many actions in all")
    parser.add_argument(
        "--seed", type=int, default=1, help="the seed of the first walk; each further one has the next"
    )
    parser.add_argument(
        "--size", type=_size, help="one size of the screen, as 390x844; otherwise three in turn"
    )
    parser.add_argument("--pictures", type=Path, help="a folder for a picture of every fiftieth moment")
    return parser.parse_args()


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


@contextmanager
def _browsing() -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of a PostgreSQL for the walks."""
    with (
        tempfile.TemporaryDirectory() as folder,
        lease_postgres(Path(folder), lambda sentence: print(sentence, file=sys.stderr), free_port()) as admin,
        chromium() as browser,
    ):
        yield browser, admin


@contextmanager
def _market(admin: str, seed: int) -> Iterator[tuple[DrawnMarket, WalkServer]]:
    """A market of its own, and the server of its page."""
    market = market_in(admin, f"walk_{seed}", seed)
    with served(market.dsn, free_port()) as server:
        yield market, server


if __name__ == "__main__":
    sys.exit(main())
