"""Files of indicators of a user's own: the example of the project, and variants of it with one place changed."""

from pathlib import Path

from analytics.indicators.own import example
from analytics.indicators.own.loading import OwnFile, loaded
from analytics.indicators.own.own_indicators import OwnSpec

EXAMPLE = Path(example.__file__).read_text("utf-8")
UPDATE = "return self._mean.update(bar.high - bar.low)"
PREVIEW = "return self._mean.preview(bar.high - bar.low)"
SPLIT = "self._mean.split(ratio)"
STATE = "return self._mean.state()"
RESTORE = "self._mean.restore(self.key, state)"


def variant(place: str, other: str) -> str:
    """The text of the example with another line in this place."""
    assert EXAMPLE.count(place) == 1
    return EXAMPLE.replace(place, other)


def named(text: str, name: str) -> str:
    """The same indicator with another name, of its output too."""
    return text.replace('"average_range"', f'"{name}"').replace('"average_range_period"', f'"{name}_period"')


def own(text: str = EXAMPLE) -> OwnSpec:
    """The indicator that a file with this text defines."""
    return loaded(OwnFile("own.py", text.encode()))
