"""Files that are fetched once and kept: each is checked against its SHA-256.

A file gets its real name only when its bytes are right, in one rename, so a fetch that was cut off is never used and
two fetches at once do no harm.
"""

import contextlib
import hashlib
import os
import tempfile
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

from shared.errors import Unavailable

ATTEMPTS = 3
SOCKET_LIMIT = 15.0  # seconds without a byte
FETCH_LIMIT = 300.0  # seconds for one file, however it trickles
MOST_MEGABYTES = 64  # of one file; the largest jar has a fifth of it
PAUSE = 0.5  # seconds before the second attempt, doubled before the third


def has_digest(path: Path, sha256: str) -> bool:
    """Whether the file is there with the bytes it should have."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def fetch(url: str, sha256: str) -> bytes:
    """The bytes at an address. Raises Unavailable with the reasons after the last of a few attempts."""
    reasons = []
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            content = download(url)
        except (OSError, HTTPException) as error:
            reasons.append(str(error) or type(error).__name__)
            continue
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
        reasons.append(f"the {len(content)} bytes that came have a wrong SHA-256")
    raise Unavailable(f"{url} could not be fetched: {'; '.join(dict.fromkeys(reasons))}.")


def download(url: str) -> bytes:
    """The bytes at an address. Raises OSError or HTTPException where they don't come whole."""
    request = urllib.request.Request(url, headers={"User-Agent": "tickstream"})  # noqa: S310 the user's mirror
    deadline = time.monotonic() + FETCH_LIMIT
    content = bytearray()
    with urllib.request.urlopen(request, timeout=SOCKET_LIMIT) as response:  # noqa: S310
        while piece := response.read1(65536):
            content += piece
            if len(content) > MOST_MEGABYTES << 20:
                raise HTTPException(f"more than {MOST_MEGABYTES} MB came")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not whole after {FETCH_LIMIT:.0f} s")
    return bytes(content)


def put_in_place(content: bytes, path: Path) -> None:
    """Write beside the real name and rename, so that nobody ever sees half a file."""
    handle, temporary = tempfile.mkstemp(suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
