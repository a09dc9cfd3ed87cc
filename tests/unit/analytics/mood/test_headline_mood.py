"""sentiment(1d) in rules: which headlines count at a bar, and how much."""

import pytest

from analytics.mood.headline_mood import LONGEST_QUEUE, MOST, MoodOver, ScoredHeadline, scored
from shared.market.records import Bar
from tests.inputs.records import headline

NOON = 86_400 * 20_000
HOUR, DAY = 3_600, 86_400


def bar(end: int) -> Bar:
    return Bar("A", "1m", end - 60, end, 1.0, 1.0, 1.0, 1.0, 1.0, None, 1, "regular", "test")


def mood_at(end: int, *headlines: ScoredHeadline) -> float | None:
    mood = MoodOver(DAY, 12 * HOUR)
    for each in headlines:
        mood.add(each)
    return mood.update(bar(end))


def test_mood_is_unknown_without_headlines() -> None:
    assert mood_at(NOON) is None


def test_headline_weighs_half_as_much_after_the_half_life() -> None:
    old, new = ScoredHeadline(NOON, NOON - 12 * HOUR, -0.4), ScoredHeadline(NOON, NOON, 0.8)
    assert mood_at(NOON, old, new) == pytest.approx((0.8 + 0.5 * -0.4) / 1.5)


def test_headline_counts_until_the_span_is_over() -> None:
    assert mood_at(NOON, ScoredHeadline(NOON - DAY, NOON - DAY + 1, 0.5)) == 0.5
    assert mood_at(NOON, ScoredHeadline(NOON - DAY, NOON - DAY, 0.5)) is None


def test_headline_counts_at_no_bar_that_ended_before_it_was_received() -> None:
    late = scored(headline(NOON + 30, 0.5, published=NOON - 600), closed_until=0)
    assert (late.counts_from, late.published) == (NOON + 30, NOON - 600)
    assert mood_at(NOON, late) is None
    assert mood_at(NOON + 60, late) == 0.5


def test_headline_counts_at_no_bar_that_was_closed_before_the_log_had_it() -> None:
    assert scored(headline(NOON - 90, 0.5), closed_until=NOON).counts_from == NOON + 1


def test_headline_of_a_fraction_of_a_second_counts_from_the_next_second_on() -> None:
    assert scored(headline(NOON + 0.25, 0.5), closed_until=0).counts_from == NOON + 1


def test_state_stays_bounded_while_no_bar_closes() -> None:
    mood = MoodOver(DAY, HOUR)
    for place in range(LONGEST_QUEUE + 50):
        mood.add(ScoredHeadline(NOON + place, NOON + place, 1.0 if place >= 50 else -1.0))
    assert sum(map(len, mood.state())) == LONGEST_QUEUE
    assert mood.update(bar(NOON + DAY)) == 1.0


def test_of_many_headlines_the_newest_count_and_the_state_stays_small() -> None:
    mood = MoodOver(DAY, HOUR)
    for place in range(3 * MOST):
        mood.add(ScoredHeadline(NOON + place, NOON + place, 1.0 if place >= 2 * MOST else -1.0))
    assert mood.update(bar(NOON + 3 * MOST)) == 1.0
    assert sum(map(len, mood.state())) == MOST


def test_mood_stays_the_same_while_the_headlines_do() -> None:
    """Weights halve all at once, so that their ratios stay."""
    mood = MoodOver(DAY, 12 * HOUR)
    for each in (ScoredHeadline(NOON, NOON - HOUR, -0.4), ScoredHeadline(NOON, NOON, 0.8)):
        mood.add(each)
    weights = [2.0 ** (-age / 12) for age in (1.0, 0.0)]
    expected = pytest.approx((-0.4 * weights[0] + 0.8 * weights[1]) / sum(weights))
    assert [mood.update(bar(NOON + hours * HOUR)) for hours in (0, 5, 22)] == [expected] * 3
    assert mood.update(bar(NOON + 23 * HOUR)) == 0.8
    assert mood.update(bar(NOON + 24 * HOUR)) is None
