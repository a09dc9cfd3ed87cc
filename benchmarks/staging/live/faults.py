"""Random faults of the connection to a provider: their kind, their time, and the time of recovery."""

import random
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from benchmarks.staging.live.offering import PROVIDERS
from tests.standin import Fault, StandIn

STREAM_SILENCE = 5.0
HTTP_TIMEOUT = 3.0
"""Seconds; shorter than the defaults, because the faults are more frequent than in reality."""
MALFORMED = ("{", "[]", '{"type":"pricing","message":"!"}', '{"data":{"e":"aggTrade"}}', '"\\u0000"')
LONGEST_AWAY = 15.0
"""Longest duration of a fault, in seconds."""


class Done(NamedTuple):
    """A fault of `provider` at `at`, epoch seconds, after `opened` streams had been requested in total.

    `breaks`: no more frames arrive over an open stream. `resets`: frames in transit are lost too.
    """

    kind: str
    provider: str
    at: float
    opened: int
    breaks: bool
    resets: bool


class State(NamedTuple):
    """The state of a provider's stream: whether a client receives it, and how many streams were requested so far."""

    at: float
    is_received: bool
    opened: int


class Faults:
    """Faults at a stand-in, one every `every` seconds on average; `done` lists them, `seen` the stream states."""

    def __init__(self, standin: StandIn, followed: dict[str, str], every: float, seed: int) -> None:
        self.done: list[Done] = []
        self.seen: dict[str, list[State]] = {provider: [] for provider in PROVIDERS}
        self._standin, self._streams, self._followed = standin, standin.streams, followed
        self._every, self._chance = every, random.Random(seed)
        self._next = time.time() + self._wait()
        self._ends: dict[Callable[[], object], float] = {}
        self._kinds = self._http_kinds() | {
            "closed cleanly": self._close,
            "cut off": self._abort,
            "half-open": self._half_open,
            "malformed frames": self._malform,
            "silent": self._silence,
            "closed after subscribing": self._close_after_subscribe,
            "handshake refused": self._refuse_handshake,
            "nothing listens": self._away,
        }

    def step(self) -> None:
        """Record the states of the streams, end faults that are over, and begin a fault if one is due."""
        now = time.time()
        for end in [end for end, due in self._ends.items() if due <= now]:
            del self._ends[end]
            end()
        if now >= self._next:
            self._next = now + self._wait()
            self._kinds[self._chance.choice(list(self._kinds))]()
        self.look()

    def look(self) -> None:
        """Record whether a client receives each provider's stream."""
        for provider, name in self._followed.items():
            is_received = self._streams.is_sending(provider, name)
            self.seen[provider].append(State(time.time(), is_received, self._opened(provider)))

    def end(self) -> None:
        """End all faults."""
        for end in self._ends:
            end()
        self._ends.clear()
        self._standin.answer_normally()
        self._standin.up()

    def _wait(self) -> float:
        return self._chance.expovariate(1 / self._every)

    def _lasting(self) -> float:
        return self._chance.uniform(1.0, LONGEST_AWAY)

    def _opened(self, provider: str) -> int:
        return sum(connected.provider == provider for connected in list(self._standin.connections))

    def _note(self, kind: str, *providers: str, breaks: bool = True, resets: bool = False) -> None:
        """Record a fault before it begins, so that nothing after it counts as earlier."""
        for provider in providers:
            self.done.append(Done(kind, provider, time.time(), self._opened(provider), breaks, resets))

    def _any(self) -> str:
        return self._chance.choice(PROVIDERS)

    def _close(self) -> None:
        provider = self._any()
        self._note("closed cleanly", provider)
        self._streams.close(provider)

    def _abort(self) -> None:
        provider = self._any()
        self._note("cut off", provider, resets=True)
        self._streams.abort(provider)

    def _half_open(self) -> None:
        provider = self._any()
        self._note("half-open", provider)
        self._streams.half_open(provider)

    def _malform(self) -> None:
        provider = self._any()
        self._note("malformed frames", provider, breaks=False)
        for text in MALFORMED:
            self._streams.send_raw(provider, text)

    def _silence(self) -> None:
        self._note("silent", *PROVIDERS)
        self._streams.silence(True)
        self._ends[self._speak] = time.time() + STREAM_SILENCE + self._lasting() / 2

    def _speak(self) -> None:
        self._streams.silence(False)

    def _close_after_subscribe(self) -> None:
        provider = self._any()
        self._note("closed after subscribing", provider)
        self._streams.close_after_subscribe(True)
        self._streams.close(provider)
        self._ends[self._let_subscribe] = time.time() + self._lasting() / 3

    def _let_subscribe(self) -> None:
        self._streams.close_after_subscribe(False)

    def _refuse_handshake(self) -> None:
        provider = self._any()
        self._note("handshake refused", provider)
        self._streams.refuse_handshake(self._chance.choice((500, 503, 429)), self._chance.randint(1, 3))
        self._streams.close(provider)

    def _away(self) -> None:
        self._note("nothing listens", *PROVIDERS, resets=True)
        self._standin.refuse(self._lasting())

    def _http_kinds(self) -> dict[str, Callable[[], None]]:
        """Faulty answers while the stream is cut off, so that stream and polling fail together."""
        faults: dict[str, Callable[[], Fault]] = {
            "429 with Retry-After": lambda: Fault.status(429, retry_after=self._chance.randint(1, 20)),
            "500": lambda: Fault.status(500),
            "a web page with 200": Fault.html,
            "empty answer": Fault.empty,
            "half an answer": Fault.malformed,
            "answer too late": lambda: Fault.slow(HTTP_TIMEOUT + 1.0),
            "reset instead of answer": Fault.reset,
        }
        return dict(self._cut_with(kind, make) for kind, make in faults.items())

    def _cut_with(self, kind: str, make: Callable[[], Fault]) -> tuple[str, Callable[[], None]]:
        def cut() -> None:
            provider = self._any()
            self._note(kind, provider, resets=True)
            self._standin.answer_with(make(), None, path=f"/{provider}/")
            self._ends[self._standin.answer_normally] = time.time() + self._lasting()
            self._streams.abort(provider)

        return kind, cut


def recoveries(faults: list[Done], seen: dict[str, list[State]]) -> Iterator[tuple[Done, float | None]]:
    """Each fault with the seconds until the stream was received again, over a new connection if the old one broke."""
    for fault in faults:
        after = (state for state in seen[fault.provider] if state.at >= fault.at and state.is_received)
        back = next((state for state in after if not fault.breaks or state.opened > fault.opened), None)
        yield fault, None if back is None else back.at - fault.at
