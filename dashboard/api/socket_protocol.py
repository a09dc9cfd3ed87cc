"""How the server speaks WebSocket: small frames, no compression, and no patience with a client that does not read."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MAX_FRAME_BYTES = 4_096
"""The largest accepted frame; the page sends some hundred bytes. A larger one closes its connection."""
PING_SECONDS = 20.0


class BoundedSocketProtocol(WebSocketsSansIOProtocol):
    """Drops the connection of a client that does not read at once, with what waits to be sent."""

    async def run_asgi(self) -> None:
        """Serve the connection until either side ends it."""
        await super().run_asgi()
        if not self.writable.is_set():
            self.transport.abort()


SOCKET_OPTIONS: dict[str, Any] = {
    "ws": BoundedSocketProtocol,
    "ws_max_size": MAX_FRAME_BYTES,
    "ws_ping_interval": PING_SECONDS,
    "ws_ping_timeout": PING_SECONDS,
    # Ticks are small, and compressing them would take CPU time for each viewer.
    "ws_per_message_deflate": False,
}
"""The options of the server (uvicorn) for WebSockets."""
