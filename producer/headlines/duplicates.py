"""Which headlines are known already. Pure."""

import unicodedata
from datetime import datetime

from shared.market.records import Headline

_WRITINGS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\ufe0e\ufe0f", None),
    }
)
"""Signs that differ in their form only, and what chooses the form of an emoji."""


def key_of(symbol: str, title: str, publisher: str | None) -> str:
    """What two tellings of one story have in common: symbol, title, and publisher, whatever their capitals, spaces,
    quotation marks and dashes. Every other sign counts: "+5%" is not "-5%", and "?" is no "!"."""
    return "\n".join((symbol, _plain(title), _plain(publisher or "")))


def _plain(text: str) -> str:
    # Before the forms are made equal, because NFKC takes an accent that stands alone apart.
    text = unicodedata.normalize("NFKC", text.translate(_WRITINGS)).casefold()
    return " ".join(text.split())


class KnownHeadlines:
    """The keys of published headlines, with the times at which their stories were published."""

    def __init__(self) -> None:
        self._published: dict[str, datetime] = {}

    def add(self, symbol: str, title: str, publisher: str | None, published: datetime) -> bool:
        """Note a headline; returns whether it is new."""
        key = key_of(symbol, title, publisher)
        is_new = key not in self._published
        self._published.setdefault(key, published)
        return is_new

    def take_new(self, headline: Headline) -> bool:
        """Note a headline that is about to be published; returns whether it is new."""
        return self.add(headline.symbol, headline.title, headline.publisher, headline.published_time)

    def forget(self, before: datetime) -> None:
        """Forget stories that are too old to come again."""
        self._published = {key: at for key, at in self._published.items() if at >= before}
