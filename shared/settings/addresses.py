"""Checks that keys are sent only encrypted, or only within this machine, and that no part of one is taken for another
part of its address. Pure."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

PLAIN = ("http", "ws")
"""Unencrypted schemes."""
OF_MAIL = ("to", "from", "cc", "bcc", "reply", "user")
"""Parameters of a receiver's address that may have the address of a mail."""
_PARAMETER = re.compile(r"[-+:]?[\w.%-]+=")
_PORT = re.compile(r":\d+$")


def is_this_machine(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def stays_here(url: str) -> bool:
    """Whether data sent to a URL stay on this machine."""
    # Programs parse a backslash in a URL differently, and so may contact different hosts.
    return "\\" not in url and is_this_machine(urlsplit(url).hostname or "")


def require_safe(setting: str, url: str, key_setting: str, key: str) -> None:
    """Raise ValueError if `key`, or a password in the URL, would be sent unencrypted over a network."""
    parts = urlsplit(url)
    secret = key_setting if key else "the password in it" if parts.username or parts.password else ""
    if secret and parts.scheme in PLAIN and not stays_here(url):
        raise ValueError(
            f"{setting}={parts.scheme}://{parts.hostname}: must begin with {parts.scheme}s://, or name this machine "
            f"such as {parts.scheme}://127.0.0.1: otherwise {secret} would be sent unencrypted over the network."
        )


def unencoded_in(address: str) -> list[str]:
    """What must be percent-encoded in the address of a receiver of alerts, such as "@ as %40", so that no part of a
    user name, password or token is taken for the host, the path or a parameter. Its text is not in the answer."""
    scheme, _, rest = address.partition("://")
    place, _, query = rest.partition("?")
    is_page = scheme.lower() in ("http", "https")
    found = [
        *(["% as %25"] if re.search(r"%(?![0-9A-Fa-f]{2})", rest) else []),
        # A name of a channel begins with # after a slash.
        *(["# as %23"] if re.search(r"(?<!/)#", place) or "#" in query else []),
        *_unencoded_in_place(place, is_page),
        *_unencoded_in_query(query, "@" in place, is_page),
    ]
    return list(dict.fromkeys(found))


def _unencoded_in_place(place: str, is_page: bool) -> Iterator[str]:
    """Of user, host and path. The address of a page, which some services give to their users, is used as it is."""
    authority, _, path = place.partition("/")
    user, at, _ = authority.rpartition("@")
    yield from (f"{sign} as %{ord(sign):X}" for sign in "@;&" if sign in user)
    if user.count(":") > 1:
        yield ": as %3A"
    # A slash ends the host, so that an @ after it may be the one before the host that is meant; a name with @ follows
    # a slash.
    if not at and not is_page and re.search(r"@" if _PORT.search(authority) else r"(?<!/)@", f"/{path}"):
        yield from ("/ as %2F", "@ as %40")


def _unencoded_in_query(query: str, has_user: bool, is_page: bool) -> Iterator[str]:
    """Of the parameters. Where no user stands before them, the ? may be a part of one, and the host come after it."""
    yield from (f"{sign} as %{ord(sign):X}" for sign in "?;" if sign in query)
    for number, part in enumerate(query.split("&") if query else ()):
        name, _, value = part.partition("=")
        if not _PARAMETER.match(part):
            yield "& as %26" if number else "? as %3F"
        if "@" in value and name.lower() not in OF_MAIL and not is_page:
            yield from ("@ as %40",) if has_user else ("? as %3F", "@ as %40")
