"""Who may ask the screen's server, and what a browser may do with its answers.

A page of another site can have its own name lead to this machine (DNS rebinding), so that a browser takes this server
for that site's; what such a request can't change is the name that it asks for.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 (left out, not bound)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
MOST_BYTES = 65_536
"""Of a body that is sent to this server, which keeps it in memory as a whole; the page's own are some hundred bytes."""
LONGEST_LENGTH = 9
"""Digits of a Content-Length."""
_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^\s:/\\@?#\[\]]+))(?::\d{1,5})?", re.IGNORECASE)


class Names(NamedTuple):
    """What this server is called: `own` hosts at any port, and `proxied` ones, each "host" or "host:port", at which a
    proxy answers in its place: pages of exactly these count as our own too."""

    own: frozenset[str] = frozenset({"localhost", "127.0.0.1", "::1"})
    proxied: frozenset[str] = frozenset()


def names_at(host: str, proxied: Iterable[str]) -> Names:
    """The names of a server that listens on `host`: that one, those of this machine, and the proxy's."""
    machine = socket.gethostname().lower()
    label = machine.partition(".")[0]
    own = {host.lower(), machine, label, f"{label}.local"} - EVERYWHERE
    return Names(Names().own | own, frozenset(name.lower() for name in proxied))


def headers(inline_scripts: Iterable[str]) -> dict[bytes, bytes]:
    """What every answer carries; `inline_scripts` are the hashes of those that the page holds."""
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
    """Lets in who asks for one of `names`, and of what changes anything only what a page of this server asks."""

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
        if scope["type"] == "websocket":  # closed before it is opened, it is answered with status 403
            return await send({"type": "websocket.close", "code": 1008})
        return await JSONResponse({"detail": reason}, status)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """The status and the sentence of a refusal, empty where there is none."""
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or not self._is_ours(hosts[0], scope):
            return 400, "this server does not answer to that host name; DASHBOARD_ALLOWED_HOSTS adds names"
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return 200, ""
        origins = _values(scope, b"origin")
        if scope["type"] == "websocket" and not origins:  # no browser
            return 200, ""
        if len(origins) != 1 or not self._is_own_page(origins[0], hosts[0]):
            return 403, "only the page of this server may request this"
        if _is_too_large(scope):
            return 413, f"a request has at most {MOST_BYTES} bytes, and a Content-Length"
        return 200, ""

    def _is_ours(self, asked: str, scope: Scope) -> bool:
        """Whether a host is one of the names, or the address at which the request has arrived."""
        host = _host(asked)
        return bool(host) and (host in self._hosts or host == (scope.get("server") or ("",))[0])

    def _is_own_page(self, origin: str, host: str) -> bool:
        """Whether a page that this server sent asks: browsers name the page's origin, programs need not."""
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() in {host.lower(), *self._proxied}


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _is_too_large(scope: Scope) -> bool:
    """Whether a body is larger than MOST_BYTES, or comes without its length."""
    lengths = _values(scope, b"content-length")
    is_small = all(length.isdecimal() and len(length) <= LONGEST_LENGTH for length in lengths)
    is_small = is_small and max(map(int, lengths), default=0) <= MOST_BYTES
    return not is_small or bool(_values(scope, b"transfer-encoding"))


def _host(text: str) -> str:
    """The host of "host:port" in lower case, empty where the text is none."""
    found = _HOST.fullmatch(text.strip())
    return (found["six"] or found["name"]).lower().rstrip(".") if found else ""
