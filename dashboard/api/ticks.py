"""Pushes ticks to every open page over a WebSocket: `/ws/ticks`.

A viewer sends what it shows and has (a `DeltaRequest` as JSON), at first and whenever that changes, and receives what
is newer. Nothing waits in a queue: a viewer that reads slowly gets the newest state when it is ready for it. Viewers
that show the same and have the same share one serialised tick.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from dashboard.presenters.delta import DeltaRequest, PageContext, changes_since, tick
from dashboard.presenters.indicators import bars_needed
from dashboard.read.read_model import ReadModel
from dashboard.read.snapshot import Snapshot

MAX_VIEWERS = 1_000
"""Further ones are refused; their pages ask at an interval."""
LEAST_SECONDS = 0.05
"""The least between two ticks to a viewer."""
SILENT_SECONDS = 5.0
"""A tick is sent at the latest after this time, so that a page notices a connection that is dead."""
PATIENCE_SECONDS = 10.0
"""How long a viewer may take to send its first frame, and to read a tick."""
CLOSE_SECONDS = 1.0
MAX_FRAMES = 50
"""The most frames of a viewer in a second."""
INVALID, TOO_MANY = 1008, 1013
"""Codes of WebSocket for a violation, and for "try again later"."""

log = logging.getLogger(__name__)


class Broadcast:
    """The viewers, and the ticks of the newest snapshot, each serialised once."""

    def __init__(self, model: ReadModel, context: PageContext) -> None:
        self.model, self._context = model, context
        self._needed = bars_needed(context.periods)
        self._viewers: set[TickViewer] = set()
        self._made: dict[DeltaRequest, tuple[str, DeltaRequest]] = {}
        self._made_of: Snapshot | None = None
        self._end: Callable[[], object] = lambda: None

    @property
    def is_full(self) -> bool:
        """Whether there are too many viewers for another one."""
        return len(self._viewers) >= MAX_VIEWERS

    def add(self, viewer: "TickViewer") -> None:
        """Wake this viewer whenever something changes."""
        if not self._viewers:
            loop = asyncio.get_running_loop()
            self._end = self.model.on_change(partial(self._wake_in, loop))
        self._viewers.add(viewer)

    def remove(self, viewer: "TickViewer") -> None:
        """Wake it no more."""
        self._viewers.discard(viewer)
        if not self._viewers:
            self._end()

    def _wake_in(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for viewer in self._viewers:
            viewer.changed.set()

    def tick_of(self, snapshot: Snapshot, request: DeltaRequest) -> tuple[str, DeltaRequest]:
        """The tick for what a viewer shows and has, as JSON, and what it has afterwards."""
        if self._made_of is not snapshot:
            self._made, self._made_of = {}, snapshot
        found = self._made.get(request)
        if found is None:
            found = self._made[request] = self._serialised(snapshot, request)
        return found

    def _serialised(self, snapshot: Snapshot, request: DeltaRequest) -> tuple[str, DeltaRequest]:
        key = (request.symbol or "", request.interval)
        newer = self.model.bars_since(key, request.last_start)
        closed = self.model.newest_bars(key, self._needed) or ()
        made = tick(self._context, snapshot, request, newer, closed)
        last_start = newer[-1].start if newer and made.get("bars") else request.last_start
        has = replace(
            request, sequence=snapshot.sequence, generation=snapshot.generation, last_start=last_start
        )
        return msgspec.json.encode(made).decode(), has


class TickViewer:
    """One connection."""

    def __init__(self, broadcast: Broadcast, socket: WebSocket) -> None:
        self._broadcast, self._socket = broadcast, socket
        self._request: DeltaRequest | None = None
        self._sent: Snapshot | None = None
        self._sent_at = 0.0
        self.changed = asyncio.Event()

    async def serve(self) -> None:
        """Push ticks until either side ends the connection."""
        await self._socket.accept()
        self._broadcast.add(self)
        pushing = asyncio.create_task(self._push())
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait((pushing, reading), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._broadcast.remove(self)
            for task in (pushing, reading):
                task.cancel()
            ended = await asyncio.gather(pushing, reading, return_exceptions=True)
        if INVALID in ended:
            with suppress(TimeoutError):  # one that does not read gets no reason
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._socket.close(INVALID)
        for error in ended:
            if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect | TimeoutError):
                log.warning("A viewer's connection ended: %r", error)

    async def _read(self) -> int | None:
        """Follow what the viewer shows. Ends with the viewer, or with INVALID after an invalid frame or too many."""
        began, frames = time.monotonic(), 0
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS if self._request is None else None):
                message = await self._socket.receive()
            if message["type"] != "websocket.receive":
                return None
            if time.monotonic() > began + 1:
                began, frames = time.monotonic(), 0
            frames += 1
            request = _request_in(message.get("text"))
            if request is None or frames > MAX_FRAMES:
                return INVALID
            self._request, self._sent = request, None
            self.changed.set()

    async def _push(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENT_SECONDS):
                    await self.changed.wait()
            await asyncio.sleep(max(0.0, self._sent_at + LEAST_SECONDS - time.monotonic()))
            is_silent = time.monotonic() >= self._sent_at + SILENT_SECONDS
            self.changed.clear()
            snapshot, request = self._broadcast.model.snapshot, self._request
            if request is not None and (is_silent or has_moved(self._sent, snapshot, request)):
                text, self._request = self._broadcast.tick_of(snapshot, request)
                self._sent, self._sent_at = snapshot, time.monotonic()
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._socket.send_text(text)


def has_moved(before: Snapshot | None, now: Snapshot, request: DeltaRequest) -> bool:
    """Whether something has changed that a viewer shows, except the time."""
    if before is None or before.generation != now.generation or before.condition != now.condition:
        return True
    since, symbol = changes_since(now, request), request.symbol or ""
    old, new = before.reading.open_bars, now.reading.open_bars
    if any(old.get(key) != new.get(key) for key in ((symbol, request.interval), (symbol, "1d"))):
        return True
    changes = now.symbol_changes.values(), now.trend_changes.values(), now.alert_changes.values()
    return any(sequence > since for sequence in chain(*changes))


def _request_in(text: str | None) -> DeltaRequest | None:
    """What a frame says; None if it is no request."""
    try:
        return msgspec.json.decode(text or "", type=DeltaRequest)
    except (msgspec.MsgspecError, UnicodeError):
        return None


def routes(model: ReadModel, context: PageContext) -> APIRouter:
    """The route of the WebSocket."""
    router, broadcast = APIRouter(), Broadcast(model, context)

    @router.websocket("/ws/ticks")
    async def ticks(socket: WebSocket) -> None:
        if broadcast.is_full:
            await socket.close(TOO_MANY)
        else:
            await TickViewer(broadcast, socket).serve()

    return router
