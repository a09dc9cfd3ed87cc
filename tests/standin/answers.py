"""Answers to clients, and the faults that replace them."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import NamedTuple

import msgspec

JSON = "application/json;charset=utf-8"
HTML = "text/html;charset=utf-8"
ALPHA_VANTAGE_NOTE = {
    "Note": "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute."
}
_PAGE = (
    b"<!DOCTYPE html><html><head><title>Edge: Not Found</title></head><body>Will be right back</body></html>"
)


class Request(NamedTuple):
    """One HTTP request as it came: `time` by time.monotonic, `path` without the provider's own address."""

    time: float
    provider: str
    path: str
    params: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(value: object, status: int = 200) -> Answer:
    """`value` as JSON."""
    return Answer(msgspec.json.encode(value), status)


@dataclass(frozen=True)
class Fault:
    """What is done to an HTTP answer: it comes late, is cut or replaced, or the connection is reset instead."""

    answer: Answer | None = None
    seconds: float = 0.0
    cut: bool = False
    dies: bool = False

    @staticmethod
    def status(status: int, retry_after: int | None = None) -> "Fault":
        """That status with its reason as plain text; `retry_after`, in seconds, as a header."""
        wait = () if retry_after is None else (("Retry-After", str(retry_after)),)
        return Fault(Answer(f"{HTTPStatus(status).phrase}\r\n".encode(), status, "text/plain", wait))

    @staticmethod
    def html(status: int = 200) -> "Fault":
        """A page for people, where JSON was requested."""
        return Fault(Answer(_PAGE, status, HTML))

    @staticmethod
    def empty() -> "Fault":
        """200 and not a single byte."""
        return Fault(Answer(b""))

    @staticmethod
    def body(value: object, status: int = 200) -> "Fault":
        """`value` as JSON, whatever was asked."""
        return Fault(json_answer(value, status))

    @staticmethod
    def slow(seconds: float) -> "Fault":
        """The right answer, that much later."""
        return Fault(seconds=seconds)

    @staticmethod
    def malformed() -> "Fault":
        """The first half of the right answer, as if it were whole."""
        return Fault(cut=True)

    @staticmethod
    def reset() -> "Fault":
        """The connection is reset instead of an answer."""
        return Fault(dies=True)

    def applied(self, right: Answer) -> Answer:
        """What is sent in place of the right answer."""
        answer = self.answer or right
        return replace(answer, body=answer.body[: len(answer.body) // 2]) if self.cut else answer
