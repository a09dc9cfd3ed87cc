"""The current slowness of this machine, by which time limits that assume an idle machine are extended."""

import os

PATIENCE = 300.0
"""Seconds, as long as nothing takes that goes well, also on a busy machine."""


def slowness() -> float:
    """How many times longer than on a free machine something may take now: tasks that want to run, for each processor;
    1 where there are no more of them than processors."""
    if not hasattr(os, "getloadavg"):
        return 1.0
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
