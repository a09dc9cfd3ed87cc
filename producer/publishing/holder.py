"""Under which name this run of the producer holds a lease, and which names its own earlier runs had.

A name is never used twice: hostname and folder are for the reader, random digits make it one of a kind, also among
clones of a machine. The names of earlier runs are kept in the data folder, together with where that folder was: on
which start of which machine, on which disk. Whoever holds the lock on the place knows that those runs have ended. A
copy of the folder, or of the whole machine, is somewhere else, so the names in it are not its own.
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
    """The name of this run, and those of earlier ones of the same place, which have ended."""

    name: str
    ended: frozenset[str] = frozenset()


def new_name(instance: str) -> str:
    """A name that no other run has."""
    return f"{instance}-{secrets.token_hex(8)}"


def holder_in(places: Path, topic: str, name: str) -> Holder:
    """The run `name`, written down beside the locks in `places`. Call it with the lock on the producer's place only.

    Raises OSError where the folder can't be written.
    """
    path, here = places / f"producer-{topic}.holders", _whereabouts(places)
    before = [each for each in _kept(path, here) if each != name]
    write_secret(path, json.dumps({"here": here, "names": [*before[1 - NAMES_KEPT :], name]}))
    return Holder(name, frozenset(before))


def _kept(path: Path, here: list[str]) -> list[str]:
    """The names that were written down here, and not where the file was copied from."""
    try:
        kept = json.loads(path.read_text("ascii"))
        return [str(each) for each in kept["names"]] if kept["here"] == here else []
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        log.warning("%s can't be read (%s): a lease of an earlier run is waited for.", path, error)
        return []


def _whereabouts(places: Path) -> list[str]:
    """What a copy of the folder does not share: the start of the machine, and the folder's place on the disk."""
    found = places.stat()
    boot = f"{psutil.boot_time():.0f}"
    with suppress(OSError):
        boot = BOOT_ID.read_text("ascii").strip()
    return [boot, str(found.st_dev), str(found.st_ino)]
