"""CPU time and memory of a whole pipeline by part, each with the processes that it started."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import psutil

SCRIPTS = {
    "start_dashboard.py": "page",
    "producer.producer": "producer",
    "consumer.consumer": "storage",
    "analytics.analytics_consumer": "analytics",
    "ml.trainer": "trainer",
    "delivery.delivery": "delivery",
}
"""The parts by a word of their command line."""
STARTED_BY = {"analytics": "order search", "trainer": "training"}
"""What the processes that a part starts are counted as."""
TRACKER = "resource_tracker"
"""A process that Python starts beside the first of them, and that stays; it is counted with its part."""


class Consumed(NamedTuple):
    """CPU seconds since the start, and the proportional set size in megabytes: a page shared by n processes counts
    1/n in each of them."""

    cpu: float
    megabytes: float

    def __add__(self, other: tuple[object, ...]) -> "Consumed":
        """Both together."""
        cpu, megabytes = other
        assert isinstance(cpu, float) and isinstance(megabytes, float), "only added to its own kind"
        return Consumed(self.cpu + cpu, self.megabytes + megabytes)


NOTHING = Consumed(0.0, 0.0)


def part_of(command: list[str]) -> str | None:
    """The part that a command line starts, None for other processes."""
    return next((part for script, part in SCRIPTS.items() if script in command), None)


def by_part(supervisor: int, servers: dict[str, int]) -> dict[str, Consumed]:
    """The consumption of each part of the pipeline with process id `supervisor`, and of the servers by theirs."""
    pipeline = psutil.Process(supervisor)
    found = {"supervisor": of_process(pipeline)}
    for child in pipeline.children():  # the servers too
        for name, consumed in _with_children(child):
            found[name] = found.get(name, NOTHING) + consumed
    return found | {name: of_tree(psutil.Process(pid)) for name, pid in servers.items()}


def _with_children(child: psutil.Process) -> Iterator[tuple[str, Consumed]]:
    """The consumption of a part and of the processes that it started; nothing once it has ended."""
    with suppress(psutil.NoSuchProcess):
        part = part_of(child.cmdline())
        if part is None:
            return
        yield part, of_process(child)
        started = STARTED_BY.get(part, part)
        if (ended := of_ended_children(child)) != NOTHING:
            yield started, ended
        for process in child.children(recursive=True):
            is_tracker = TRACKER in " ".join(process.cmdline())
            yield (part if is_tracker else started), of_process(process)


def of_ended_children(process: psutil.Process) -> Consumed:
    """The CPU time of the children that have ended: the process keeps it. Raises NoSuchProcess if it has ended."""
    times = process.cpu_times()
    return Consumed(float(times.children_user + times.children_system), 0.0)


def of_process(process: psutil.Process) -> Consumed:
    """The consumption of one process; nothing if it has ended."""
    with suppress(psutil.NoSuchProcess):
        times, memory = process.cpu_times(), process.memory_full_info()
        size = getattr(memory, "pss", memory.uss)  # only Linux knows the share of a process in shared pages
        return Consumed(float(times.user + times.system), size / 2**20)
    return NOTHING


def of_tree(process: psutil.Process) -> Consumed:
    """The consumption of a process with its children, those included that have ended."""
    total = of_process(process) + of_ended_children(process)
    for child in process.children(recursive=True):
        total += of_process(child)
    return total
