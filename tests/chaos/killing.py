"""Which process is killed when: at moments drawn from a seed, or once so much of its work is done; with SIGKILL."""

import random
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from shared.embedded import kill
from shared.errors import Unavailable
from shared.runtime.supervision import Child
from tests.chaos.pipeline import PARTS, ChaosPipeline, Notify

SHARE = 0.8
"""The kills lie in this share of the replay's time, so that the last one still hits something."""
LOOK_SECONDS = 0.02
BACK_SECONDS = 300.0

Process = subprocess.Popen[bytes]


class Kill(NamedTuple):
    """Kill `victim`, a part or a server, so many seconds after the kill before."""

    victim: str
    pause: float


class KillAtWork(NamedTuple):
    """Kill `victim`, a part or a server, while it is at work, once it has so many messages behind it."""

    victim: str
    messages: int


def planned(
    kills: int, seconds: float, with_servers: bool, seed: int, parts: Iterable[str] = PARTS
) -> list[Kill]:
    """As many kills of these parts, each part's turn as often as another's, at random within `seconds`; each server
    once."""
    chance, names = random.Random(seed), list(parts)
    victims = [names[turn % len(names)] for turn in range(kills)]
    chance.shuffle(victims)
    if with_servers:
        victims.insert(len(victims) // 3, "kafka")
        victims.insert(2 * len(victims) // 3, "postgres")
    mean = SHARE * seconds / max(1, len(victims))
    return [Kill(victim, chance.uniform(0.3, 1.7) * mean) for victim in victims]


def carry_out(plan: list[Kill], pipeline: ChaosPipeline, report: Notify) -> None:
    """Kill them all. Raises TimeoutError where a victim is not there to be killed."""
    for number, (victim, pause) in enumerate(plan, 1):
        time.sleep(pause)
        if victim in pipeline.servers:
            kill(pipeline.servers[victim])
        else:
            _kill_part(victim, pipeline.children[victim])
        report(f"kill {number} of {len(plan)}: {victim}")


def _kill_part(part: str, child: Child) -> None:
    """Kill a part as soon as it is there."""
    until = time.monotonic() + BACK_SECONDS
    while (process := child.process) is None or process.poll() is not None:
        if child.done or time.monotonic() > until:
            raise TimeoutError(f"the {part} was through, or did not come back, before it could be killed")
        time.sleep(LOOK_SECONDS)
    process.send_signal(signal.SIGKILL)


def carry_out_at_work(plan: Sequence[KillAtWork], pipeline: ChaosPipeline) -> None:
    """Kill them all, each victim's kills in their order. Raises TimeoutError where one is not there to be killed."""
    victims = dict.fromkeys(each.victim for each in plan)
    with ThreadPoolExecutor(max(1, len(victims))) as pool:
        killed = [
            pool.submit(_kill_in_turn, [each for each in plan if each.victim == victim], pipeline)
            for victim in victims
        ]
        for each in killed:
            each.result()


def _kill_in_turn(plan: Iterable[KillAtWork], pipeline: ChaosPipeline) -> None:
    """The kills of one victim."""
    process: Process | None = None
    for due in plan:
        if due.victim in pipeline.servers:
            _wait_until_passed(due, pipeline)
            kill(pipeline.servers[due.victim])
        else:
            process = _at_work(due, pipeline, process)
            process.send_signal(signal.SIGKILL)


def _at_work(due: KillAtWork, pipeline: ChaosPipeline, killed: Process | None) -> Process:
    """The part's process, once it has come so far, and further than where it was seen first; not the killed one."""
    child, first = pipeline.children[due.victim], dict[Process, int]()
    until = time.monotonic() + BACK_SECONDS
    while not child.done and time.monotonic() < until:
        process = child.process
        if process is not None and process is not killed and process.poll() is None:
            with suppress(Unavailable):
                passed = pipeline.passed(due.victim)
                if passed > max(first.setdefault(process, passed), due.messages):
                    return process
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"the {due.victim} was through, or did not come so far, before it could be killed")


def _wait_until_passed(due: KillAtWork, pipeline: ChaosPipeline) -> None:
    until = time.monotonic() + BACK_SECONDS
    while time.monotonic() < until:
        with suppress(Unavailable):
            if pipeline.passed(due.victim) > due.messages:
                return
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"{due.victim} did not come so far before it could be killed")
