"""How often the score of a headline has the right sign, beside VADER alone.

    python -m benchmarks.mood.accuracy               the half of the labelled headlines that was put away
    python -m benchmarks.mood.accuracy --first       the half that the lexicon was written with

A score within ±0.05 counts as neutral. The authors of the lexicon also wrote the headlines
(`benchmarks/mood/headlines.csv`): the figures are an optimistic guess for real news.
"""

import argparse
from collections.abc import Callable, Sequence
from math import sqrt

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks.mood.labelled import LABELS, Labelled, halves
from benchmarks.staging.tables import table
from producer.mood.scoring import NEUTRAL, SCORER, score_of

Z = 1.959964
"""The 97.5 % quantile of the standard normal distribution."""


def label_of(score: float) -> str:
    """The label that a score stands for."""
    if abs(score) < NEUTRAL:
        return "neutral"
    return "positive" if score > 0.0 else "negative"


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (E. B. Wilson, Probable Inference, 1927)."""
    share, weight = right / count, Z * Z / count
    middle = (share + weight / 2) / (1 + weight)
    half = Z * sqrt(share * (1 - share) / count + weight / (4 * count)) / (1 + weight)
    return middle - half, middle + half


def rows(headlines: Sequence[Labelled], scorers: dict[str, Callable[[str], float]]) -> list[list[str]]:
    """A row for each scorer: accuracy with its interval, and the fraction found of each label."""
    found = []
    for name, score in scorers.items():
        guessed = [label_of(score(each.title)) for each in headlines]
        pairs = [(each.label, guess) for each, guess in zip(headlines, guessed, strict=True)]
        right = sum(label == guess for label, guess in pairs)
        low, high = wilson(right, len(pairs))
        opposite = sum({label, guess} == {"negative", "positive"} for label, guess in pairs)
        found.append([name, f"{right / len(pairs):.1%}", f"{low:.1%} to {high:.1%}"])
        for wanted in LABELS:
            of_label = [guess == label for label, guess in pairs if label == wanted]
            found[-1].append(f"{sum(of_label)} of {len(of_label)}")
        found[-1].append(f"{opposite / len(pairs):.1%}")
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", action="store_true", help="the half that the lexicon was written with")
    first, put_away = halves()
    headlines = first if parser.parse_args().first else put_away
    vader = SentimentIntensityAnalyzer()
    scorers: dict[str, Callable[[str], float]] = {
        "VADER alone": lambda title: float(vader.polarity_scores(title)["compound"]),
        SCORER: score_of,
    }
    heads = ["scorer", "right", "95 % interval", *LABELS, "opposite sign"]
    print(table(f"{len(headlines)} headlines", heads, rows(headlines, scorers)))


if __name__ == "__main__":
    main()
