"""The name under which this run of the producer holds a lease, and the names of its earlier runs.

A name is never reused: host name and folder are for readers, random digits make it unique, also among clones of a
machine. The names of earlier runs are stored in the data folder, together with the identity of that folder: boot id of
the machine, disk and inode. The process that holds the instance lock knows that those runs have ended. A copy of the
folder, or of the whole machine, has another identity, so it ignores the names.
"""

import json
import logging
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from shared.files.private_files import write_secret

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
NAMES_KEPT = 16

log = logging.getLogger("tickstream.producer")


class Holder(NamedTuple):
    """The name of this run, and those of earlier runs in the same folder, which have ended."""

    name: str
    ended: frozenset[str] = frozenset()


def new_name(instance: str) -> str:
    """A unique name."""
    return f"{instance}-{secrets.token_hex(8)}"


def holder_in(places: Path, topic: str, name: str) -> Holder:
    """Register the run `name` beside the locks in `places`. Call it only while holding the producer's instance lock.

    Raises OSError if the folder can't be written.
    """
    path, here = places / f"producer-{topic}.holders", _whereabouts(places)
    before = [each for each in _kept(path, here) if each != name]
    write_secret(path, json.dumps({"here": here, "names": [*before[1 - NAMES_KEPT :], name]}))
    return Holder(name, frozenset(before))


def _kept(path: Path, here: list[str]) -> list[str]:
    """The registered names, unless the file was copied from another folder."""
    try:
        kept = json.loads(path.read_text("ascii"))
        return [str(each) for each in kept["names"]] if kept["here"] == here else []
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        log.warning("%s can't be read (%s): a lease of an earlier run must expire first.", path, error)
        return []


def _whereabouts(places: Path) -> list[str]:
    """An identity that a copy of the folder does not share: the machine's boot id, and the folder's disk and inode."""
    found = places.stat()
    boot = f"{psutil.boot_time():.0f}"
    with suppress(OSError):
        boot = BOOT_ID.read_text("ascii").strip()
    return [boot, str(found.st_dev), str(found.st_ino)]
