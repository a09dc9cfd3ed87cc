"""Progress bars of the benchmarks, on standard error."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Each = TypeVar("Each")


def with_progress(every: Iterable[Each], what: str, total: int) -> Iterator[Each]:
    """Yield the same items, with a progress bar on standard error."""
    yield from track(every, f"  {what:<44}", total=total, console=Console(stderr=True))
