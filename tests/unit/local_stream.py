"""A WebSocket server on 127.0.0.1 whose behaviour a test sets."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import Event
from websockets.server import ServerProtocol
from websockets.sync.server import ServerConnection, serve

from producer.sources.answers import Received
from producer.sources.provider import QuoteStream
from shared.market.records import Quote
from tests.slowness import PATIENCE

Handler = Callable[[ServerConnection], None]
Answer = Callable[[ServerConnection, Request], Response | None]


@contextmanager
def serving(handler: Handler, answer: Answer | None = None) -> Iterator[str]:
    """The address of a server that gives each connection to `handler`, and closes it when that returns.

    `answer` may refuse the handshake.
    """

    def until_gone(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            handler(connection)

    with serve(
        until_gone, "127.0.0.1", 0, process_request=answer, compression=None, close_timeout=0.5
    ) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


@contextmanager
def half_open() -> Iterator[str]:
    """The address of a server that ends the handshake and then neither reads, nor writes, nor closes."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=_shake_hands, args=(listener, over))
    thread.start()
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
    over.set()
    thread.join()
    listener.close()


def _shake_hands(listener: socket.socket, over: threading.Event) -> None:
    client, _ = listener.accept()
    with client:
        protocol = ServerProtocol()
        events: list[Event] = []
        while not events:
            protocol.receive_data(client.recv(65536))
            events = protocol.events_received()
        request = events[0]
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        client.sendall(b"".join(protocol.data_to_send()))
        over.wait()


def cut(connection: ServerConnection) -> None:
    """End the connection without a close frame, as when a process is killed."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close_socket()


def until_closed(connection: ServerConnection) -> None:
    """Read whatever comes until the client goes."""
    for _ in connection:
        pass


def gather(stream: QuoteStream, count: int) -> Received:
    """What was received until `count` messages were quotes or refused; all waits together are limited."""
    quotes: list[Quote] = []
    refused, end = 0, time.monotonic() + PATIENCE
    while len(quotes) + refused < count and time.monotonic() < end:
        received = stream.receive(0.5)
        quotes += received.quotes
        refused += received.refused
    return Received(quotes, refused)
