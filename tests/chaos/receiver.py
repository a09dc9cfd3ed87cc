"""A receiver of alerts that often fails: it refuses, is busy, hangs, or closes the connection before it answers."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAILING = 0.3
HANGING_SECONDS = 3.0


class Receiver(ThreadingHTTPServer):
    """A webhook on a free port; `received` counts how often it answered that an alert had arrived, by its id."""

    daemon_threads = True

    def __init__(self, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.chance, self.lock = random.Random(seed), threading.Lock()
        self.received: Counter[str] = Counter()
        self.failed = 0

    @property
    def address(self) -> str:
        """As an address of ALERT_URLS."""
        return f"json://127.0.0.1:{self.server_port}/alerts"

    def take(self, body: bytes) -> str:
        """Note a message, and choose the answer."""
        with self.lock:
            if self.chance.random() < FAILING:
                self.failed += 1
                return self.chance.choice(("500", "429", "hang", "close"))
            self.received.update(each["id"] for each in json.loads(body)["alerts"])
            return "200"


class _Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        answer = self.server.take(self.rfile.read(int(self.headers["Content-Length"])))
        if answer == "hang":
            time.sleep(HANGING_SECONDS)
        if answer in ("hang", "close"):
            return
        self.send_response(int(answer))
        if answer == "429":
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def receiving(seed: int) -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(seed)
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()
