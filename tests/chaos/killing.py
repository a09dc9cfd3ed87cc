"""Which process is killed when: drawn from a seed; killed with SIGKILL."""

import random
import signal
import time
from typing import NamedTuple

from shared.embedded import kill
from shared.runtime.supervision import Child
from tests.chaos.pipeline import PARTS, ChaosPipeline, Notify

SHARE = 0.8
"""The kills lie in this share of the replay's time, so that the last one still hits something."""
LOOK_SECONDS = 0.02
BACK_SECONDS = 300.0


class Kill(NamedTuple):
    """Kill `victim`, a part or a server, so many seconds after the kill before."""

    victim: str
    pause: float


def planned(kills: int, seconds: float, with_servers: bool, seed: int) -> list[Kill]:
    """As many kills of parts, each part's turn as often as another's, at random within `seconds`; each server once."""
    chance = random.Random(seed)
    victims = [list(PARTS)[turn % len(PARTS)] for turn in range(kills)]
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
