"""Requests to the server of the page, as a program makes them."""

import gzip
import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.slowness import PATIENCE


class Answer(NamedTuple):
    """An answer of the server: its status, its headers in lower case, its body as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, unpacked."""
        is_packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if is_packed else self.body)


def ask(address: str, path: str, method: str = "GET", **headers: str) -> Answer:
    """The answer to a request; underscores in names of headers stand for hyphens."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()
