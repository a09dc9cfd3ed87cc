"""Which version goes live, and the reason."""

from math import nan

import pytest

from ml.training.promotion import Trial, decide


def test_first_version_goes_live_however_good_it_is() -> None:
    decision = decide(Trial(200, 1.1, 1.0, None), parent=None)
    assert decision == (
        True,
        "the first of its kind: 110.00% of the squared error of no change on 200 unseen rows.",
    )


@pytest.mark.parametrize(("loss", "is_live"), [(0.98, True), (0.99, True), (0.9901, False)])
def test_version_replaces_one_that_is_no_better(loss: float, is_live: bool) -> None:
    decision = decide(Trial(200, loss, 1.0, 0.99), parent=3)
    assert decision.is_live == is_live
    assert decision.reason.startswith("at least as good as" if is_live else "worse than")
    assert decision.reason.endswith("version 3 has 99.00%.")


def test_version_that_serves_stays_where_too_little_is_unseen() -> None:
    decision = decide(Trial(200, 0.9, 1.0, None), parent=3)
    assert decision == (False, "there are not 20 rows that neither it nor version 3 has learnt from.")


def test_version_that_cannot_be_read_is_replaced() -> None:
    decision = decide(Trial(200, 1.0, 1.0, None), parent=3, refused="Its signature is wrong.")
    assert decision == (
        True,
        "what served can't be read any more; this one has 100.00% of the squared error of no change on 200 unseen rows."
        " Its signature is wrong.",
    )


def test_version_without_finite_forecasts_never_serves() -> None:
    assert not decide(Trial(200, nan, 1.0, None), parent=None).is_live


def test_market_that_never_moved_has_a_reason_too() -> None:
    assert decide(Trial(200, 0.1, 0.0, 0.1), parent=1) == (
        True,
        "at least as good as the one that served: none of the squared error of no change on 200 unseen rows, version 1"
        " has none.",
    )
