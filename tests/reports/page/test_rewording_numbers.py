"""A reworded summary is shown only if it adds no number, unit or word, in any writing."""

import pytest

from dashboard.text.llm_guard import numbers, objection
from dashboard.text.number_words import is_number_word
from dashboard.text.plain_words import MEASURES, PLAIN, SPELLED
from dashboard.text.rewording import MAX_BYTES
from tests.unit.dashboard.text.language_model import GOOD, TEXT, ask, asking, completion
from tests.unit.local_http import Reply
from tests.waiting import wait_for

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
    "word",
    [
        *("z\u00e9ro", "zero", "\u043f\u044f\u0442\u044c", "kaksi", "dwa", "iki"),
        *("tv\u00e5", "vijf", "\u4e5d", "\u0663"),
        *("zillion", "umpteen", "zillions of", "NVDA", "buy", "guaranteed", "bps", "pips", "ticks"),
        *(
            "www.evil.example",
            "evil.example",
            "https://evil.example",
            "evil.example/a",
            "Call.now",
            "a.b",
            "10.0.0.1",
        ),
        *("mail:me", "evil\u3002example", "\uff45vil", "caf\u00e9"),
        *("\u20ac", "\u2030", "\u00b1", "\u221e", "\u2248", "+"),
    ],
)
def test_wording_with_a_word_or_sign_that_no_plain_english_sentence_has_is_refused(word: str) -> None:
    """Scenario: "z\u00e9ro", "kaksi", "zillion" and "www.evil.example" were shown, for no list of numbers had them."""
    assert objection(SUMMARY, f"It closed at $1,204.50, and that is {word} for now.") is not None


@pytest.mark.parametrize(
    "quantity",
    [
        *("1,204.50 bps", "1,204.50 basis points", "1,204.50 points", "1,204.50-point", "1,204.50 (points)"),
        *("1,204.50 %", "1,204.50 percent", "$12.5", "12.5 dollars", "\u20ac1,204.50"),
        *("1,204.50 \u20ac", "55 %", "$55"),
        *(
            "20 shares",
            "14 times",
            "twenty percent",
            "fourteen days",
            "27 days",
            "50 \u2014 points",
            "55 daily closes",
        ),
        *("27 Dec", "CA$1,204.50"),
    ],
)
def test_number_of_the_text_with_another_unit_is_refused(quantity: str) -> None:
    """Scenario: "it rose by 187.63 bps" was shown, for 187.63 was the price."""
    assert objection(SUMMARY, f"It closed at $1,204.50 and is near {quantity} now.") is not None


@pytest.mark.parametrize(
    "wording",
    [
        "The newest daily bar, of 27 Nov, ended at $1,204.50. That is above both SMA 20 and SMA 50: the trend is up.",
        "With volatility at 12.5 %, things are as usual for 1d bars, and RSI 14 stands at 55.0.",
        "ARIMA(0,1,1) can't be distinguished from no change so far; the value of RSI 14 is 55.",
        "Prices closed higher than their averages: $1,204.50 against $1,200.00 for SMA 20.",
    ],
)
def test_plain_rewording_is_shown(wording: str) -> None:
    """Scenario: answers such as language models give, with the numbers of the text in their units."""
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
    assert objection(SUMMARY, wording) == "it is not plain text"


def test_numbers_have_one_notation_or_stand_as_they_are_written() -> None:
    """Scenario: the same number of the text in another writing is no invention."""
    assert numbers("twenty, 20, 20.0, ⑳ and ２０") == {"20"}
    assert numbers("two and a half of 1/2, 1,2 and 10³") == {"two and a half", "1/2", "1,2", "10", "³"}
    assert numbers("MSFT of 27 Nov, 5m bars") == {"27", "5m"}


def test_no_plain_word_contains_a_number_word() -> None:
    assert [word for word in PLAIN | MEASURES if is_number_word(word)] == []
    assert set() == PLAIN & MEASURES == PLAIN & SPELLED.keys()


@pytest.mark.parametrize("brackets", ["[" * 60_000, '{"a":' * 12_000, '{"choices":' + "[" * 50_000])
def test_nested_answer_ends_no_rewording(brackets: str) -> None:
    """Scenario: brackets without end ended the thread that asks, and no summary was ever reworded again."""
    replies = [Reply(brackets), completion(GOOD)]
    assert len(brackets) < MAX_BYTES
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
