"""One more worker process for the time in which the others wait: it starts no server, and gives way to them.

Tests with servers leave processors idle again and again, but more of them at a time would press each other. This worker
takes unit tests only, from the end of the run, with a low priority.
"""

import os
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

ENOUGH = 5
"""Workers, of which the last one only calculates. Fewer would be too few for tests with servers."""
GIVES_WAY = 10
UNIT = "tests/unit/"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell the last worker what it is for."""
    given: dict[str, Any] = node.workerinput
    count = given["workercount"]
    last = given["workerid"] == f"gw{count - 1}"
    given["calculates"] = last and count >= ENOUGH and node.config.option.dist == "loadfile"


def pytest_configure(config: pytest.Config) -> None:
    """Give way to the other workers and their servers, if this is that worker."""
    if getattr(config, "workerinput", {}).get("calculates") and hasattr(os, "nice"):
        os.nice(GIVES_WAY)


class SpareTimeScheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Files in their order for all workers but the one that calculates: that one has the last file of unit tests."""

    def _reschedule(self, node: WorkerController) -> None:
        """More work, unless only tests with servers are left for a worker that calculates."""
        if node.workerinput["calculates"] and self.workqueue and not self._last().startswith(UNIT):
            node.shutdown()
        else:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node.workerinput["calculates"]:
            self.workqueue.move_to_end(self._last(), last=False)
        super()._assign_work_unit(node)

    def _last(self) -> str:
        last: str = next(reversed(self.workqueue))
        return last


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """That order where whole files are shared out; otherwise what is usual."""
    return SpareTimeScheduling(config, log) if config.option.dist == "loadfile" else None
