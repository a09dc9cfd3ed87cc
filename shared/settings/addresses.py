"""Checks that keys are sent only encrypted, or only within this machine. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit

PLAIN = ("http", "ws")
"""Unencrypted schemes."""


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
