"""Which of two sources is in use, and whether they agree."""

from producer.live.failover import STALE_SECONDS, STEADY_SECONDS, Failover


def take_quotes(choice: Failover, source: str, seconds: range, price: float = 100.0) -> None:
    """A quote of the source in each of these seconds."""
    for second in seconds:
        choice.take(source, price, float(second))


def both() -> Failover:
    """Two sources of one symbol, at work since second 1."""
    choice = Failover(("yahoo", "finnhub"), threshold=0.01)
    choice.decide(1.0, is_open=False)
    return choice


def test_standby_takes_over_when_the_first_is_stale() -> None:
    choice = both()
    take_quotes(choice, "yahoo", range(1, 10))
    take_quotes(choice, "finnhub", range(1, 60))
    assert not choice.decide(9 + STALE_SECONDS, is_open=True)
    assert choice.decide(10 + STALE_SECONDS, is_open=True)
    assert (choice.active_source, choice.standby) == ("finnhub", "yahoo")


def test_standby_takes_over_from_a_primary_that_never_sent_a_quote() -> None:
    choice = both()
    take_quotes(choice, "finnhub", range(1, 60))
    assert not choice.decide(20.0, is_open=True)
    assert choice.decide(40.0, is_open=True)


def test_nobody_takes_over_while_the_market_is_closed() -> None:
    choice = both()
    take_quotes(choice, "yahoo", range(1, 10))
    take_quotes(choice, "finnhub", range(1, 600))
    assert not choice.decide(599.0, is_open=False)


def test_stale_standby_does_not_take_over() -> None:
    choice = both()
    take_quotes(choice, "yahoo", range(1, 10))
    take_quotes(choice, "finnhub", range(1, 10))
    assert not choice.decide(100.0, is_open=True)


def test_first_comes_back_after_it_was_steady_for_a_while() -> None:
    choice = both()
    take_quotes(choice, "finnhub", range(1, 100))
    assert choice.decide(60.0, is_open=True)
    choice.take("yahoo", 100.0, 95.0)
    assert not choice.decide(96.0, is_open=True)
    take_quotes(choice, "yahoo", range(96, 97 + int(STEADY_SECONDS)))
    assert choice.decide(96.0 + STEADY_SECONDS, is_open=True)
    assert choice.active_source == "yahoo"


def test_difference_that_lasts_raises_one_alert_and_agreement_that_lasts_clears_it() -> None:
    choice = both()
    verdicts = []
    for second in range(1, 100):
        choice.take("yahoo", 102.0 if 20 <= second < 60 else 100.0, float(second))
        choice.take("finnhub", 100.0, float(second))
        verdicts.append(choice.compare(float(second)))
    assert [verdict for verdict in verdicts if verdict] == ["raise", "clear"]
    assert verdicts.index("raise") == 19 + int(STEADY_SECONDS)


def test_difference_of_a_moment_raises_nothing() -> None:
    choice = both()
    for second in range(1, 60):
        choice.take("yahoo", 102.0 if second % 5 == 0 else 100.0, float(second))
        choice.take("finnhub", 100.0, float(second))
        assert choice.compare(float(second)) == ""


def test_prices_far_apart_in_time_are_not_compared() -> None:
    choice = both()
    choice.take("yahoo", 100.0, 1.0)
    for second in range(20, 31):
        choice.take("finnhub", 200.0, float(second))
        assert choice.compare(float(second)) == ""


def test_single_source_is_always_in_use() -> None:
    choice = Failover(("yahoo",), threshold=0.01)
    assert not choice.decide(1000.0, is_open=True)
    assert (choice.active_source, choice.standby) == ("yahoo", None)
