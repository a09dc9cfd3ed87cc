"""The budget of CPU time: what is over it, and that the machine is taken into account."""

from pathlib import Path

import pytest

from benchmarks.budget import COUNTED, FILE, QUIET_DESK, Budget, compared, read, reference, write

ALLOWED = Budget(0.05, {"storage alone": 10.0, QUIET_DESK: 0.2})


@pytest.mark.parametrize(("cost", "is_over"), [(9.0, False), (11.4, False), (11.6, True)])
def test_a_stage_is_over_its_budget_beyond_the_tolerance(cost: float, is_over: bool) -> None:
    (row,) = compared(Budget(0.05, {"storage alone": cost}), ALLOWED)
    assert row.is_over is is_over


def test_a_slower_machine_has_a_larger_budget() -> None:
    slower = Budget(0.10, {"storage alone": 20.0, QUIET_DESK: 0.5})
    assert [(row.stage, row.is_over) for row in compared(slower, ALLOWED)] == [
        ("storage alone", False),
        (QUIET_DESK, True),
    ]


def test_what_was_not_measured_is_not_compared_and_keeps_its_budget(tmp_path: Path) -> None:
    found = Budget(0.05, {"storage alone": 9.87654})
    assert [row.stage for row in compared(found, ALLOWED)] == ["storage alone"]
    write(tmp_path / "budget.json", found, ALLOWED)
    assert read(tmp_path / "budget.json") == Budget(0.05, {"storage alone": 9.88, QUIET_DESK: 0.2})


def test_budget_of_the_project_names_every_stage() -> None:
    assert read(FILE).costs.keys() == {*COUNTED, QUIET_DESK}


def test_the_fixed_computation_takes_some_time() -> None:
    assert 0.001 < reference() < 10.0
