"""Polls providers that need one request per symbol; a failure of one symbol does not affect others."""

import logging
from collections.abc import Callable, Sequence

from producer.sources.answers import Received
from shared.errors import SourceError, Unanswered, UnknownSymbol
from shared.market.records import Quote

log = logging.getLogger("tickstream.producer")


def polled(names: Sequence[str], ask: Callable[[str], Sequence[Quote]]) -> Received:
    """Poll all names; `ask` returns the quotes of one, empty or a ValueError if its response is useless.

    Raises the errors of `ask`, but Unanswered only if all names failed.
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
            log.debug("The response for %s is not a valid quote: %s", name, error)
            useless.append(name)
        else:
            quotes += found
            useless += [] if found else [name]
    received = Received(quotes, len(useless), named=frozenset(useless), failed=failed)
    return received.unless_all_failed(names)
