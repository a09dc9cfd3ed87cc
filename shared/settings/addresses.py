"""Where a key may travel: encrypted, or not beyond this machine. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit

PLAIN = ("http", "ws")
"""Schemes under which everyone on the way reads along."""


def is_this_machine(host: str) -> bool:
    """Whether a host's name or address can mean no other machine than this one."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def stays_here(url: str) -> bool:
    """Whether what is sent to an address never leaves this machine."""
    # Programs disagree about what a backslash ends, and so about which host is meant.
    return "\\" not in url and is_this_machine(urlsplit(url).hostname or "")


def require_safe(setting: str, url: str, key_setting: str, key: str) -> None:
    """Raises ValueError where `key`, or a password within the address, would travel over a network unencrypted."""
    parts = urlsplit(url)
    secret = key_setting if key else "the password in it" if parts.username or parts.password else ""
    if secret and parts.scheme in PLAIN and not stays_here(url):
        raise ValueError(
            f"{setting}={parts.scheme}://{parts.hostname}: must begin with {parts.scheme}s://, or name this machine "
            f"such as {parts.scheme}://127.0.0.1: on the way to another one everybody could read {secret}."
        )
