"""Kill the parts and the servers at random while users change rules and handle alerts, and fold the log again.

    python -m tests.chaos.with_requests --day --kills 100 --speed 60
    python -m tests.chaos.with_requests --live 600 --kills 40

Requests get into the log at other places in every run. So the tables are compared with those that undisturbed parts
make of the same log in another database: they must be identical byte for byte, except columns of wall-clock time.
With --live, the simulated market runs in real time and its alerts are delivered to a receiver that often fails: each
one must arrive; those that arrive more than once are counted.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from shared.errors import TickstreamError
from shared.postgres.database import connect, transaction
from tests.chaos.__main__ import DATA, DRAIN_SECONDS, sayer
from tests.chaos.killing import Kill, carry_out, planned
from tests.chaos.outcome import Left, first_difference, tables_of
from tests.chaos.pipeline import DELIVERY, PARTS, READERS, Notify, Place, servers_for, settings, supervised
from tests.chaos.receiver import Receiver, receiving
from tests.chaos.recording import NINETY_MINUTES, WHOLE_DAY, made_up_with_split, real_trades
from tests.chaos.requests import requests_at
from tests.waiting import wait_for

ASKED_OR_SENT = {"rule_requests", "handling_requests", "alert_outbox", "delivery_start", "delivery_attempts"}
ASKED_OR_SENT |= {"delivery_routes", "delivery_refusals"}
"""Tables of requests and of what was sent: they are no function of the log."""
WORKING = {"rule_runs"}
"""How far a rule that compares symbols had been evaluated when it was changed, which depends on when that was seen;
what it raised is in the alerts."""
SENT_SECONDS = 300.0
STATES = "select state, count(*)::int from delivery_attempts group by state"


class Delivered(NamedTuple):
    """How many alerts are to be delivered, the ids of those that were, and the number in each state."""

    posted: int
    ids: set[str]
    states: dict[str, int]


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20, help="of parts (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of what is random (default: %(default)s)")
    parser.add_argument("--speed", type=float, default=60.0, help="of the replay (default: %(default)s)")
    parser.add_argument("--day", action="store_true", help="all sixteen hours of the recorded day")
    parser.add_argument("--live", type=float, default=0.0, metavar="SECONDS", help="of the simulated market")
    return parser.parse_args()


def settings_for(options: argparse.Namespace, folder: Path, receiver: Receiver) -> dict[str, str]:
    """The settings of the run."""
    if options.live:
        delivery = {"ALERT_URLS": receiver.address, "ALERT_SEND_SECONDS": "2", "ALERT_DIGEST_ABOVE": "5"}
        market = {"SOURCES": "simulated", "TICKERS": "AAPL,MSFT,BTC-USD,AMD,NVDA"}
        return settings(folder / "data", [], "max", "auto") | market | delivery
    part = WHOLE_DAY if options.day else NINETY_MINUTES
    files = real_trades(DATA, folder, part) or made_up_with_split(folder, 90, 400)
    return settings(folder / "data", files, f"{options.speed:g}", "auto")


def seconds_of(options: argparse.Namespace) -> float:
    """How long the run takes without kills."""
    part = WHOLE_DAY if options.day else NINETY_MINUTES
    return float(options.live or len(part) / 1000 / options.speed)


def run_killed(place: Place, options: argparse.Namespace, plan: list[Kill], report: Notify) -> None:
    """The run with kills and requests. Raises TimeoutError where it does not get to its end."""
    parts = PARTS | (DELIVERY if options.live else {})
    with supervised(place, parts) as pipeline:
        with requests_at(pipeline.dsn, options.seed) as requests:
            carry_out(plan, pipeline, report)
            if not options.live:
                pipeline.wait_until_drained(seconds_of(options) + DRAIN_SECONDS)
        pipeline.stop_parts()
        print(f"\nrequests   {', '.join(f'{count} {name}' for name, count in sorted(requests.made.items()))}")


def run_to_its_end(place: Place, parts: Mapping[str, tuple[str, ...]]) -> list[Left]:
    """Read the rest of the log without kills, and deliver what waits; the tables then."""
    with supervised(place, parts) as pipeline:
        pipeline.wait_until_drained(seconds=1_800)
        pipeline.wait_until_saved()
        if "delivery" in parts:
            wait_for(lambda: "waiting" not in delivered(place).states, SENT_SECONDS)
        pipeline.stop_parts()
        return [left for left in tables_of(place.config) if left.name not in ASKED_OR_SENT | WORKING]


def delivered(place: Place) -> Delivered:
    """What became of the alerts that were posted."""
    dsn = place.config.postgres.dsn_for(place.config.database())
    with closing(connect(dsn, "chaos")) as connection, transaction(connection) as cursor:
        cursor.execute("select count(*), count(*) filter (where routed_at is null) from alert_outbox")
        ((posted, unrouted),) = cursor.fetchall()
        cursor.execute(STATES)
        states = dict(cursor.fetchall()) | ({"waiting": unrouted} if unrouted else {})
        cursor.execute("select alert_id from delivery_attempts where state = 'delivered'")
        return Delivered(posted, {found for (found,) in cursor.fetchall()}, states)


def are_the_same(killed: list[Left], calm: list[Left]) -> bool:
    """Print each table, and whether both runs left the same."""
    print(f"\n{'table':<24}{'rows':>9}  identical")
    differences = [first_difference(one, other) for one, other in zip(killed, calm, strict=True)]
    for left, difference in zip(killed, differences, strict=True):
        print(f"{left.name:<24}{len(left.lines):>9}  {'NO' if difference else 'yes'}")
    print("\n".join(["", *filter(None, differences)]))
    return not any(differences)


def all_arrived(found: Delivered, receiver: Receiver) -> bool:
    """Print what was delivered, and whether all of it had arrived."""
    arrived, twice = len(receiver.received), sum(count > 1 for count in receiver.received.values())
    print(
        f"alerts posted {found.posted}, {found.states}; messages that the receiver failed: {receiver.failed}"
    )
    print(
        f"arrived {arrived}, more than once {twice}, most often {max(receiver.received.values(), default=0)}"
    )
    missing = found.ids - receiver.received.keys()
    print(f"noted as delivered, but never arrived: {len(missing)}")
    return not missing and not found.states.get("given up")


def main() -> int:
    """Run it all; 0 where the log folded again gives the same tables and every alert arrived."""
    options = parse()
    parts = [*PARTS, *(DELIVERY if options.live else ())]
    plan = planned(options.kills, seconds_of(options), True, options.seed, parts)
    print(f"seed {options.seed}: {dict(Counter(kill.victim for kill in plan))}")
    with tempfile.TemporaryDirectory(prefix="tickstream-chaos-") as name, receiving(options.seed) as receiver:
        try:
            return 0 if _is_sound(options, Path(name), plan, receiver) else 1
        except (TickstreamError, TimeoutError) as error:
            print(f"chaos: {error}", file=sys.stderr)
            return 1


def _is_sound(options: argparse.Namespace, folder: Path, plan: list[Kill], receiver: Receiver) -> bool:
    report = sayer("killed")
    with servers_for(settings_for(options, folder, receiver), report) as place:
        run_killed(place, options, plan, report)
        killed = run_to_its_end(place, READERS | (DELIVERY if options.live else {}))
        calm = run_to_its_end(place.with_settings({"POSTGRES_DB": "calm", "ALERT_URLS": ""}), READERS)
        is_same = are_the_same(killed, calm)
        return (not options.live or all_arrived(delivered(place), receiver)) and is_same


if __name__ == "__main__":
    sys.exit(main())
