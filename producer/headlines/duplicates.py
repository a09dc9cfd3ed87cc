"""Which headlines are known already. Pure."""

import re
import unicodedata
from datetime import datetime

from shared.market.records import Headline

_WORDS = re.compile(r"\w+")


def key_of(symbol: str, title: str, publisher: str | None) -> str:
    """What two tellings of one story have in common: symbol, words of the title, and publisher, however written."""
    words = _WORDS.findall(unicodedata.normalize("NFKC", title).casefold())
    by = _WORDS.findall(unicodedata.normalize("NFKC", publisher or "").casefold())
    return "\n".join((symbol, " ".join(words) or title, " ".join(by)))


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
