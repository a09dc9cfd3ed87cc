"""How long the broker waits for more messages before it answers a fetch."""

import pytest

from shared.kafka.fetch_pace import CALM_MILLISECONDS, SILENCE, FetchPace, Gathering

USUAL = Gathering(100, 15)


@pytest.fixture
def pace() -> FetchPace:
    return FetchPace(USUAL, now=100.0)


def test_many_messages_are_gathered_for_the_usual_time(pace: FetchPace) -> None:
    assert pace.after(15, now=100.015) == USUAL


def test_few_messages_are_gathered_longer(pace: FetchPace) -> None:
    assert pace.after(1, now=100.5) == Gathering(100, CALM_MILLISECONDS)


def test_after_silence_the_first_message_is_answered_at_once(pace: FetchPace) -> None:
    assert pace.after(0, now=100.2) == SILENCE
    assert SILENCE.messages == 0


def test_rate_counts_from_the_last_poll_with_messages(pace: FetchPace) -> None:
    pace.after(1, now=101.0)
    pace.after(0, now=101.2)
    assert pace.after(19, now=101.4) == Gathering(100, CALM_MILLISECONDS)
    assert pace.after(3, now=101.415) == USUAL


def test_setting_above_the_calm_time_holds_for_few_messages_too() -> None:
    pace = FetchPace(Gathering(100, 200), now=0.0)
    assert pace.after(1, now=1.0) == Gathering(100, 200)
