"""Restricts who may send requests to the dashboard server, and what browsers may do with its responses.

Another site can make its host name resolve to this machine (DNS rebinding), so that a browser treats this server as
that site. Such a request still carries the other site's host name, so the host name is checked.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api.problems import ProblemAnswer

WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104 (excluded, not bound)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
MAX_BYTES = 65_536
"""The largest accepted request body, which is kept in memory; the page sends a few hundred bytes."""
MAX_LENGTH_DIGITS = 9
"""The most digits of a Content-Length."""
_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^\s:/\\@?#\[\]]+))(?::\d{1,5})?", re.IGNORECASE)


class Names(NamedTuple):
    """The names of this server: `own` hosts with any port, and `proxied` names, each "host" or "host:port", of a proxy
    in front of it. Pages with exactly a proxied name also count as own pages."""

    own: frozenset[str] = frozenset({"localhost", "127.0.0.1", "::1"})
    proxied: frozenset[str] = frozenset()


def names_at(host: str, proxied: Iterable[str]) -> Names:
    """The names of a server that listens on `host`: that host, this machine's names, and the proxy's."""
    machine = socket.gethostname().lower()
    label = machine.partition(".")[0]
    own = {host.lower(), machine, label, f"{label}.local"} - WILDCARDS
    return Names(Names().own | own, frozenset(name.lower() for name in proxied))


def headers(inline_scripts: Iterable[str]) -> dict[bytes, bytes]:
    """The headers of every response; `inline_scripts` are the hashes of the page's inline scripts."""
    policy = {
        "default-src": "'self'",
        "script-src": " ".join(("'self'", *inline_scripts)),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        b"content-security-policy": "; ".join(" ".join(rule) for rule in policy.items()).encode(),
        b"x-frame-options": b"DENY",
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"same-origin",
        b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
    }


class Guard:
    """Middleware that accepts requests to `names` only, and unsafe methods only from pages of this server."""

    def __init__(self, app: ASGIApp, names: Names, added: Mapping[bytes, bytes]) -> None:
        self._app, self._added, self._proxied = app, dict(added), names.proxied
        self._hosts = names.own | {_host(name) for name in names.proxied}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)

        async def send_guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in self._added]
                message = {**message, "headers": [*kept, *self._added.items()]}
            await send(message)

        status, reason = self._refusal(scope)
        if not reason:
            return await self._app(scope, receive, send_guarded)
        if scope["type"] == "websocket":  # closing before accepting responds with status 403
            return await send({"type": "websocket.close", "code": 1008})
        return await ProblemAnswer(status, reason, scope["path"])(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """The status and the text of a refusal; the text is empty if the request is accepted."""
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or not self._is_ours(hosts[0], scope):
            return 400, "host name not allowed; add it to DASHBOARD_ALLOWED_HOSTS"
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return 200, ""
        origins = _values(scope, b"origin")
        if scope["type"] == "websocket" and not origins:  # not a browser
            return 200, ""
        if len(origins) != 1 or not self._is_own_page(origins[0], hosts[0]):
            return 403, "only this server's own page may send this request"
        if _is_too_large(scope):
            return 413, f"the request needs a Content-Length of at most {MAX_BYTES} bytes"
        return 200, ""

    def _is_ours(self, asked: str, scope: Scope) -> bool:
        """Whether a host is one of the names, or the address that received the request."""
        host = _host(asked)
        return bool(host) and (host in self._hosts or host == (scope.get("server") or ("",))[0])

    def _is_own_page(self, origin: str, host: str) -> bool:
        """Whether the request comes from a page of this server, according to the origin that browsers send."""
        try:
            parts = urlsplit(origin)
        except ValueError:  # such as an address in brackets that are not closed
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() in {host.lower(), *self._proxied}


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _is_too_large(scope: Scope) -> bool:
    """Whether a body is larger than MAX_BYTES or has no declared length."""
    lengths = _values(scope, b"content-length")
    is_small = all(length.isdecimal() and len(length) <= MAX_LENGTH_DIGITS for length in lengths)
    is_small = is_small and max(map(int, lengths), default=0) <= MAX_BYTES
    return not is_small or bool(_values(scope, b"transfer-encoding"))


def _host(text: str) -> str:
    """The host of "host:port" in lower case; empty if the text is invalid."""
    found = _HOST.fullmatch(text.strip())
    return (found["six"] or found["name"]).lower().rstrip(".") if found else ""
