"""Another wording of a summary is shown only where it has no number of its own, however that is written."""

import pytest

from dashboard.faithful import numbers, objection
from dashboard.rewording import MOST_BYTES
from tests.unit.local_http import Reply
from tests.unit.test_rewording import GOOD, TEXT, ask, asking, completion, wait_for

SUMMARY = (
    "The 1d bar of 27 Nov closed at $1,204.50, above SMA 20 ($1,200.00) and SMA 50 ($2): the trend points up. "
    "Volatility is 12.5\u00a0%, as usual for its 1d bars; RSI 14 is 55.0. ARIMA(0,1,1) is so far not distinguishable "
    "from no change."
)


@pytest.mark.parametrize(
    "number",
    [
        *(
            "two hundred",
            "twelve hundred",
            "twenty-one",
            "forty two",
            "five",
            "two point five",
            "one two zero four",
        ),
        *("half", "a third", "a quarter", "two thirds", "two and a half", "half a percent", "one in fifty"),
        *("doubled", "twice", "tripled", "tenfold", "fivefold", "a dozen", "a couple", "a pair", "a century"),
        *("the third", "21st", "the twenty-first", "second"),
        *("1.2k", "1.2 k", "2 m", "20 million", "12.5 thousand", "20bn", "2 bn", "50 lakh"),
        *(
            "1,2",
            "12,5",
            "1.204,50",
            "1 204.50",
            "1\u202f204",
            "1,20",
            "1,20,450",
            "14/20",
            "1\u204450",
            "20:14",
            "2^50",
        ),
        *("½", "2½", "⅓", "20²", "10³", "⑤", "⓵", "Ⅻ", "五", "二百", "百", "٣", "३", "５", "𝟓", "2️⃣0"),
        *("XII", "MMXXVI", "IV"),
        *("1204.500000000000000000000000000000001", "1e9", "0x14", "1204..50"),
        *("zwei", "zweihundert", "deux", "cinquante", "doscientos", "duecento", "zwölf"),
        *("−20", "-14", "$0.2", "20.01", "1,204.51"),
    ],
)
def test_wording_with_a_number_of_its_own_is_refused_in_whatever_writing(number: str) -> None:
    """Scenario: "it rose two hundred points" was shown, for the guard read digits alone."""
    assert objection(SUMMARY, f"It closed at $1,204.50 and may move by {number} soon.") is not None


@pytest.mark.parametrize(
    "wording",
    [
        "On 27 Nov the daily bar closed at 1204.5 dollars, over both averages ($1,200 and $2). The trend points up.",
        "Volatility is 12.50 percent. That is as usual. RSI 14 stands at 55, ARIMA(0,1,1) shows nothing yet.",
        "It closed at \uff11,\uff12\uff10\uff14.\uff15\uff10, and SMA twenty is below it.",
        "It is above its averages; often such bars come to nothing.",
    ],
)
def test_wording_with_the_numbers_of_its_text_is_shown(wording: str) -> None:
    """Scenario: a faithful answer, also with a number of the text in other digits or as a word."""
    assert objection(SUMMARY, wording) is None


@pytest.mark.parametrize(
    "wording",
    [
        '{"summary": "It closed at $1,204.50."}',
        "```\nIt closed at $1,204.50.\n```",
        "**It** closed at $1,204.50.",
        "| close |\n| 1,204.50 |",
        "It closed at <b>$1,204.50</b>.",
        "It closed at $1,2\u200b04.50.",
        "It closed at $1,204.50\u202e.",
        "It closed at &#49;.",
        "It closed at \\u0031.",
        "[It closed](x) at $1,204.50.",
    ],
)
def test_answer_that_is_no_plain_sentences_is_refused(wording: str) -> None:
    """Scenario: the answer is JSON, code or markup, in which numbers stand in pieces, hidden or escaped."""
    assert objection(SUMMARY, wording) == "it is no plain text"


def test_numbers_have_one_notation_or_stand_as_they_are_written() -> None:
    """Scenario: the same number of the text in another writing is no invention."""
    assert numbers("twenty, 20, 20.0, ⑳ and ２０") == {"20"}
    assert numbers("two and a half of 1/2, 1,2 and 10³") == {"two and a half", "1/2", "1,2", "10", "³"}
    assert numbers("MSFT of 27 Nov, 5m bars") == {"27", "5m"}


@pytest.mark.parametrize("brackets", ["[" * 60_000, '{"a":' * 12_000, '{"choices":' + "[" * 50_000])
def test_nested_answer_ends_no_rewording(brackets: str) -> None:
    """Scenario: brackets without end ended the thread that asks, and no summary was ever reworded again."""
    replies = [Reply(brackets), completion(GOOD)]
    assert len(brackets) < MOST_BYTES
    with asking(lambda _: replies.pop(0)) as (made, _):
        ask(made)
        wait_for(lambda: made.failures == 1)
        ask(made, f"{TEXT} Again.", bar=120, now=400.0)
        wait_for(lambda: ask(made, f"{TEXT} Again.", bar=120, now=401.0) == GOOD)


@pytest.mark.parametrize(
    "content", [[{"type": "text", "text": GOOD}], {"text": GOOD}, {"a": [[GOOD]]}, 1204.5, True]
)
def test_answer_of_another_form_is_refused(content: object) -> None:
    """Scenario: the sentences lie deeper within the answer."""
    with asking(lambda _: completion(content)) as (made, _):
        ask(made)
        wait_for(lambda: made.failures == 1)
