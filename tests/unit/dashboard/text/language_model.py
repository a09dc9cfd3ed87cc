"""A language model on 127.0.0.1 that rewords a summary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from dashboard.text.rewording import SETTLED, Rewording
from shared.settings.model_settings import RewordingSettings
from tests.slowness import PATIENCE
from tests.unit.local_http import Asked, Local, Reply, answering

KEY, OTHER = ("AAA", "1m"), ("BBB", "1m")
TEXT = "The 1m bar of 15:56 closed at $1,204.50. RSI 14 is 55.0, neither overbought nor oversold."
GOOD = "At $1,204.50 the 15:56 bar came to its end, with RSI 14 at 55."
SECRET = "sk-never-shown"


def completion(content: object) -> Reply:
    """What a language model answers."""
    return Reply({"id": "1", "choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]})


@contextmanager
def asking(answer: Callable[[Asked], Reply], timeout: float = PATIENCE) -> Iterator[tuple[Rewording, Local]]:
    """A rewording that asks a server of the test's own."""
    with answering(answer) as local:
        made = Rewording(
            RewordingSettings(base_url=f"{local.url}/v1/", api_key=SecretStr(SECRET), model="small-1"),
            timeout,
        )
        made.start()
        try:
            yield made, local
        finally:
            made.stop()


def ask(made: Rewording, text: str = TEXT, bar: int = 60, now: float = 100.0) -> str | None:
    """Show a text that has stayed the same for long enough."""
    made.of(KEY, bar, text, now)
    return made.of(KEY, bar, text, now + SETTLED)
