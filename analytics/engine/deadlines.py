"""Finds the symbols that may have a bar to close, so that a time mark for a whole partition need not look at every
symbol."""


class BarDeadlines:
    """For each symbol with an open bar, a time in epoch seconds before which none of its bars ends.

    There is one entry per symbol, however many bars it opens and closes. The entry may be older than the next end; the
    symbol is then noted again after `take`.
    """

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}
        self._symbols: dict[int, set[str]] = {}

    def note(self, symbol: str, end: int) -> None:
        """The symbol has an open bar; its next one ends at `end`."""
        noted = self._ends.get(symbol)
        if noted is not None:
            if noted <= end:
                return
            together = self._symbols[noted]
            together.remove(symbol)
            if not together:
                del self._symbols[noted]
        self._ends[symbol] = end
        self._symbols.setdefault(end, set()).add(symbol)

    def take(self, until: int) -> list[str]:
        """Remove and return the symbols with a bar that may end by `until`, sorted by name."""
        ends = [end for end in self._symbols if end <= until]
        symbols = sorted(symbol for end in ends for symbol in self._symbols.pop(end))
        for symbol in symbols:
            del self._ends[symbol]
        return symbols
