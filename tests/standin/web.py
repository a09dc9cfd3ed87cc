"""The HTTP server: one small server for all providers, each with a separate path."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from tests.standin.answers import Answer, Fault, Request, json_answer

Headers = dict[str, str]
Responder = Callable[[Request, Headers], Answer]
GONE = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclass
class Planned:
    """A fault for the next `times` answers (None: for all) whose address contains `path`."""

    fault: Fault
    times: int | None
    path: str | None


class Web:
    """Answers requests; lives in one event loop. `responders` by provider, the first part of the path.

    `clock` is the providers' own, in epoch seconds.
    """

    def __init__(self, responders: dict[str, Responder], clock: Callable[[], float]) -> None:
        self.requests: list[Request] = []
        self.planned: list[Planned] = []
        self._responders, self._clock = responders, clock
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, as long as the client keeps it."""
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except GONE:
            writer.transport.abort()
        finally:
            self._writers.discard(writer)
            writer.close()

    def abort(self) -> None:
        """Reset every connection there is."""
        for writer in list(self._writers):
            reset(writer.transport)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection goes on."""
        target, headers = _parsed(await reader.readuntil(b"\r\n\r\n"))
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        fault = self._fault_for(target)
        right = self._answer(target, headers, body)
        await asyncio.sleep(fault.seconds)
        if fault.dies:
            reset(writer.transport)
            return False
        writer.write(_rendered(fault.applied(right), self._clock()))
        await writer.drain()
        return headers.get("connection", "").lower() != "close"

    def _fault_for(self, target: str) -> Fault:
        """The first fault planned for this address, which is then used up once."""
        for planned in self.planned:
            if planned.path is None or planned.path in unquote(target):
                if planned.times is not None:
                    planned.times -= 1
                    if not planned.times:
                        self.planned.remove(planned)
                return planned.fault
        return Fault()

    def _answer(self, target: str, headers: Headers, body: bytes) -> Answer:
        """Note the request and answer it as its provider would."""
        parts = urlsplit(target)
        provider, _, path = parts.path.lstrip("/").partition("/")
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(time.monotonic(), provider, "/" + unquote(path), params, body)
        self.requests.append(request)
        if provider not in self._responders:
            return json_answer({"error": "no such provider"}, 404)
        try:
            return self._responders[provider](request, headers)
        except (ValueError, msgspec.MsgspecError) as error:
            return json_answer({"error": str(error)}, 400)


def reset(transport: asyncio.BaseTransport) -> None:
    """End a TCP connection with a reset rather than a farewell."""
    connection = transport.get_extra_info("socket")
    with suppress(OSError):  # it may be closed already, which is what is wanted
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert isinstance(transport, asyncio.WriteTransport)
    transport.abort()


def _parsed(head: bytes) -> tuple[str, Headers]:
    """The requested address, and the headers with lower-case names."""
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first.split(" ")[1], {name.strip().lower(): value.strip() for name, _, value in pairs}


def _rendered(answer: Answer, now: float) -> bytes:
    """The bytes of an answer that is given at `now`, epoch seconds."""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in (("Date", formatdate(now, usegmt=True)), *answer.headers)]
    lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}", "", ""]
    return "\r\n".join(lines).encode() + answer.body
