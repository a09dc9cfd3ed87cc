"""Polls of providers that want a request a symbol: what fails for one symbol costs no other its quote."""

import logging
from collections.abc import Callable, Sequence

from producer.sources.answers import Received
from shared.errors import SourceError, Unanswered, UnknownSymbol
from shared.market.records import Quote

log = logging.getLogger("tickstream.producer")


def polled(names: Sequence[str], ask: Callable[[str], Sequence[Quote]]) -> Received:
    """The quotes of each; `ask` gives those of one name, none or a ValueError where its answer is of no use.

    Raises what `ask` does, but Unanswered only where no name at all was answered.
    """
    quotes: list[Quote] = []
    useless: list[str] = []
    failed: dict[str, SourceError] = {}
    for name in names:
        try:
            found = ask(name)
        except UnknownSymbol as error:
            log.debug("%s", error)
        except Unanswered as error:
            failed[name] = error
        except ValueError as error:
            log.debug("The answer for %s is no quote: %s", name, error)
            useless.append(name)
        else:
            quotes += found
            useless += [] if found else [name]
    received = Received(quotes, len(useless), named=frozenset(useless), failed=failed)
    return received.unless_all_failed(names)
