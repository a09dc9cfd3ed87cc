"""Garbage collection of a consuming part: between steps, when nothing of a step is left to look through.

A step creates some 100,000 objects that live until its end. By default, the collector looks through the newest objects
after every 700 new ones, which takes a tenth of the time and frees nothing; at a higher limit, a step in which the bars
of many symbols close pauses for 70 ms. Objects without cycles are freed at once, without the collector.
"""

import gc

OBJECTS_A_TURN = 2_000_000
"""New objects after which a collection starts even within a step: several times those of the largest steps."""
STEPS_A_ROUND = 100
"""Steps between two collections of what has lived for longer than a step, 20 seconds of a live feed. What has survived
these too is state, and is not looked through again."""


def collect_between_steps() -> None:
    """Let steps run without a collection. What exists now, such as modules, is never looked through."""
    gc.freeze()
    gc.set_threshold(OBJECTS_A_TURN)


def collect_after_a_run() -> None:
    """Free the state of a run that failed: it is old, and the traceback of the error may hold it in a cycle."""
    gc.collect()


class GarbageRounds:
    """Collects after each step."""

    def __init__(self) -> None:
        self._steps = 0

    def step_done(self) -> None:
        """Collect what is left of the step."""
        self._steps += 1
        gc.collect(1 if self._steps % STEPS_A_ROUND == 0 else 0)
