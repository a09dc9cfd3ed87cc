"""A server on 127.0.0.1 for downloads, with faults."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULTS = ("truncated", "wrong bytes", "error")


class Downloads(ThreadingHTTPServer):
    """Files by name. `faults` holds how the next requests for one fail; then they succeed."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files = files
        self.faults: dict[str, list[str]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where the server is, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Downloads

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[1]
        self.server.asked.append(self.path)
        faults = self.server.faults.get(name, [])
        fault = faults.pop(0) if faults else ""
        body = b"<html>something else</html>" if fault == "wrong bytes" else self.server.files[name]
        self.send_response(500 if fault == "error" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault == "truncated" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def downloads_of(files: dict[str, bytes]) -> Iterator[Downloads]:
    """The server while this is open."""
    with Downloads(files) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def contents(folder: Path) -> dict[str, bytes]:
    """What is in a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
