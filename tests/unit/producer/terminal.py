"""What a terminal shows."""

from rich.console import Console
from rich.table import Table


def shown(table: Table) -> str:
    """What a wide terminal shows, each run of spaces as one."""
    console = Console(width=300)
    with console.capture() as capture:
        console.print(table)
    return " ".join(capture.get().split())
