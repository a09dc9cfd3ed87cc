"""Which rows of the tables are those of which route. Pure."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

COST, BLOCKS, THREADS = 1 << 14, 8, 1
"""Of scrypt (RFC 7914): some 40 ms and 16 MB for each hash, so that a password can't be guessed from hash and key."""
BYTES = 16


def identities(addresses: Sequence[str], key: bytes) -> list[str]:
    """A hash of each address, which shows nothing of it. Of an address that is there twice each has one of its own."""
    seen, found = Counter[str](), list[str]()
    for address in addresses:
        seen[address] += 1
        text = f"{address}\n{seen[address]}".encode()
        found.append(hashlib.scrypt(text, salt=key, n=COST, r=BLOCKS, p=THREADS, dklen=BYTES).hex())
    return found


def replaced(waiting: Mapping[str, str], routes: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    """The routes for which alerts wait and that are no longer in the settings, each with the one that is in its place:
    one of the same label that is not `known`, because its password or a parameter was changed.

    `waiting` and `routes` are labels by identity, those for which alerts wait and those of the settings.
    """
    new = {label: identity for identity, label in routes.items() if identity not in known}
    return {old: new[label] for old, label in waiting.items() if old not in routes and label in new}
