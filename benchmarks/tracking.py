"""How far a benchmark has come, beside its tables."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Each = TypeVar("Each")


def tracked(every: Iterable[Each], what: str, total: int) -> Iterator[Each]:
    """The same, with a bar on standard error that says what is done of `total`."""
    yield from track(every, f"  {what:<44}", total=total, console=Console(stderr=True))
