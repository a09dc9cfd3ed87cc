"""Decides whether a newly trained version of a model goes live or stays a candidate. Pure.

The live version is replaced by one that is at least as good on rows that neither was trained on. The new version need
not be better than "no change", because the scores of all forecasts are published beside them.
"""

from math import isfinite
from typing import NamedTuple

MIN_TEST_ROWS = 20
"""With fewer rows, a comparison of two versions is mostly chance, and the live version stays."""


class Trial(NamedTuple):
    """Mean squared errors, in squared sigmas, of a candidate, of "no change" and of the live version, on the same
    `rows`, none of which either version was trained on; `parent_loss` is None if such rows are too few."""

    rows: int
    loss: float
    naive_loss: float
    parent_loss: float | None


class Decision(NamedTuple):
    """`reason` is a sentence for the user."""

    is_live: bool
    reason: str


def decide(trial: Trial, parent: int | None, refused: str = "") -> Decision:
    """`parent` is the live version, None if there is none; `refused` is the reason, as a sentence, why its file can't
    be read, if so."""
    beside = f"{_share(trial.loss, trial.naive_loss)} of the squared error of no change on {trial.rows} unseen rows"
    if not isfinite(trial.loss):
        return Decision(False, "its forecasts are no finite numbers.")
    if refused:
        return Decision(True, f"what served can't be read any more; this one has {beside}. {refused}")
    if parent is None:
        return Decision(True, f"the first of its kind: {beside}.")
    if trial.parent_loss is None:
        return Decision(
            False, f"there are not {MIN_TEST_ROWS} rows that neither it nor version {parent} has learnt from."
        )
    against = f"{beside}, version {parent} has {_share(trial.parent_loss, trial.naive_loss)}"
    if trial.loss <= trial.parent_loss:
        return Decision(True, f"at least as good as the one that served: {against}.")
    return Decision(False, f"worse than the one that serves: {against}.")


def _share(loss: float, naive_loss: float) -> str:
    return f"{loss / naive_loss:.2%}" if naive_loss > 0.0 else "none"
