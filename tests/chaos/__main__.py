"""Kill the parts and the servers of a replay at random, and compare the result with an undisturbed run.

    python -m tests.chaos                              ninety minutes at sixty times their speed, twenty kills of parts
    python -m tests.chaos --kills 60 --seed 3 --speed 30
    python -m tests.chaos --day --kills 40 --speed 150

Every table and both topics must be identical byte for byte, except columns of wall-clock time.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import get_args

from shared.errors import TickstreamError
from shared.settings.brokers import ClientChoice
from tests.chaos.killing import Kill, carry_out, planned
from tests.chaos.outcome import Left, first_difference, outcome
from tests.chaos.pipeline import Notify, running
from tests.chaos.recording import NINETY_MINUTES, WHOLE_DAY, made_up_with_split, real_trades

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
MINUTES = 90
DRAIN_SECONDS = 180.0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--kills", type=int, default=20, help="of parts, shared out evenly (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of what is random (default: %(default)s)")
    parser.add_argument("--speed", type=float, default=60.0, help="of the replay (default: %(default)s)")
    parser.add_argument(
        "--client", choices=get_args(ClientChoice), default="auto", help="of Kafka (default: %(default)s)"
    )
    parser.add_argument("--no-servers", action="store_true", help="spare Kafka and PostgreSQL")
    parser.add_argument(
        "--made-up", action="store_true", help="made up trades with a split, also where real ones are"
    )
    parser.add_argument("--day", action="store_true", help="all sixteen hours of the recorded day")
    return parser.parse_args()


def play(
    name: str, files: list[Path], speed: float, seconds: float, plan: list[Kill], client: ClientChoice
) -> list[Left]:
    """One replay of so many seconds, with these kills; its outcome. Raises TimeoutError where it does not get to its
    end."""
    report = sayer(name)
    with running(files, f"{speed:g}", report, client) as pipeline:
        report("the replay begins")
        carry_out(plan, pipeline, report)
        pipeline.wait_until_drained(seconds + DRAIN_SECONDS)
        pipeline.wait_until_saved()
        pipeline.stop_parts()
        report("everything is read and the parts are stopped")
        return outcome(pipeline.config, pipeline.topic)


def sayer(name: str) -> Notify:
    """Prints a line with the seconds since now."""
    began = time.monotonic()
    return lambda sentence: print(f"{name}  {time.monotonic() - began:6.1f} s  {sentence}", flush=True)


def compared(calm: list[Left], killed: list[Left], plan: list[Kill]) -> bool:
    """Print what was done and what came of it; whether everything is the same."""
    victims = Counter(kill.victim for kill in plan)
    print("\nkills      " + ", ".join(f"{count} {victim}" for victim, count in sorted(victims.items())))
    print(f"\n{'table':<22}{'rows':>9}  identical")
    differences = [first_difference(one, other) for one, other in zip(calm, killed, strict=True)]
    for left, difference in zip(calm, differences, strict=True):
        print(f"{left.name:<22}{len(left.lines):>9}  {'NO' if difference else 'yes'}")
    print("\n".join(["", *filter(None, differences)]))
    return not any(differences)


def main() -> int:
    """Run it all; 0 where both runs left the same, 1 where not or where a run did not get to its end."""
    options = parse()
    part = WHOLE_DAY if options.day else NINETY_MINUTES
    seconds = len(part) / 1000 / options.speed
    plan = planned(options.kills, seconds, not options.no_servers, options.seed)
    with tempfile.TemporaryDirectory(prefix="tickstream-chaos-") as name:
        data = Path(os.environ.get("TICKSTREAM_TEST_DATA", DATA))
        real = [] if options.made_up else real_trades(data, Path(name), part)
        files = real or made_up_with_split(Path(name), MINUTES, 400)
        names = ", ".join(f"{file.parent.name}/{file.name}" for file in files)
        print(f"seed {options.seed}, speed {options.speed:g}, client {options.client}, files {names}")
        try:
            calm = play("calm  ", files, options.speed, seconds, [], options.client)
            killed = play("killed", files, options.speed, seconds, plan, options.client)
        except (TickstreamError, TimeoutError) as error:
            print(f"chaos: {error}", file=sys.stderr)
            return 1
    same = compared(calm, killed, plan)
    print("Nothing lost, nothing twice." if same else "The runs differ.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
