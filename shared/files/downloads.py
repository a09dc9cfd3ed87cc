"""Files that are downloaded once and kept, each verified by its SHA-256.

A file is renamed to its final name only after verification, so an interrupted download is never used and two parallel
downloads do no harm.
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
from shared.runtime.backoff import doubled

ATTEMPTS = 3
SOCKET_LIMIT = 15.0  # seconds without a byte
FETCH_LIMIT = 300.0  # seconds for one file
MAX_MEGABYTES = 64  # of one file; the largest jar has a fifth of this
FIRST_PAUSE, MAX_PAUSE = 0.5, 1.0  # seconds before the second attempt, doubled before each further one


def has_digest(path: Path, sha256: str) -> bool:
    """Whether the file exists and has this SHA-256."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def fetch(url: str, sha256: str) -> bytes:
    """Download the bytes at a URL. Raises Unavailable with the reasons after several failed attempts."""
    reasons = []
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(doubled(FIRST_PAUSE, MAX_PAUSE, attempt - 1))
        try:
            content = download(url)
        except (OSError, HTTPException) as error:
            reasons.append(str(error) or type(error).__name__)
            continue
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
        reasons.append(f"the {len(content)} bytes received have a wrong SHA-256")
    raise Unavailable(f"{url} could not be downloaded: {'; '.join(dict.fromkeys(reasons))}.")


def download(url: str) -> bytes:
    """Download the bytes at a URL. Raises OSError or HTTPException if the download is incomplete."""
    request = urllib.request.Request(url, headers={"User-Agent": "tickstream"})  # noqa: S310 the user's mirror
    deadline = time.monotonic() + FETCH_LIMIT
    content = bytearray()
    with urllib.request.urlopen(request, timeout=SOCKET_LIMIT) as response:  # noqa: S310
        while piece := response.read1(65536):
            content += piece
            if len(content) > MAX_MEGABYTES << 20:
                raise HTTPException(f"more than {MAX_MEGABYTES} MB received")
            if time.monotonic() > deadline:
                raise TimeoutError(f"incomplete after {FETCH_LIMIT:.0f} s")
    return bytes(content)


def put_in_place(content: bytes, path: Path) -> None:
    """Write to a temporary file and rename it, so that no partial file is visible."""
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
