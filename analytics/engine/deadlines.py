"""Which symbols may have a bar that ends, and when: all that time said to a whole partition must look at."""


class BarDeadlines:
    """For each symbol with an open bar a time, epoch seconds, before which none of its bars ends.

    One of a symbol and no more, however many bars it opens and closes by its own time; so it may be passed already
    when it is taken, and the symbol is noted again.
    """

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}
        self._symbols: dict[int, set[str]] = {}

    def note(self, symbol: str, end: int) -> None:
        """The symbol has an open bar, and the next one ends at `end`."""
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
        """The symbols with a bar that may end by `until`, in order of their names; they are no longer noted."""
        ends = [end for end in self._symbols if end <= until]
        symbols = sorted(symbol for end in ends for symbol in self._symbols.pop(end))
        for symbol in symbols:
            del self._ends[symbol]
        return symbols
