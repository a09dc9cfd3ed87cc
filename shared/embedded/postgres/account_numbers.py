"""The register of the user ids that installations on this machine use for PostgreSQL.

A stopped server has no process that shows its user id, so each assigned id is registered: a file named by the id
contains the folder of the server. An id is free again once that folder is gone.
"""

import os
from collections.abc import Iterable
from pathlib import Path


def take(register: Path, numbers: Iterable[int], folder: Path) -> int | None:
    """An id for the server in `folder`: its earlier one, one never assigned, or one that is free again, in this order;
    None if all belong to others. Raises OSError if the register can't be written."""
    register.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = list(numbers)
    owners = {number: owner for number in wanted if (owner := _owner(register, number)) is not None}
    if mine := [number for number, owner in owners.items() if owner == folder]:
        return mine[0]
    for number in wanted:
        if number not in owners and _write_first(register / str(number), folder):
            return number
    for number, owner in owners.items():
        if not owner.is_dir():
            _write(register / str(number), folder)
            return number
    return None


def keep(register: Path, number: int, folder: Path) -> bool:
    """Whether the data in `folder` may keep this id, because no other data have it; if so, registers it.

    Raises OSError if the register can't be written.
    """
    owner = _owner(register, number)
    if owner is not None and owner != folder and _has(owner, number, folder):
        return False
    if owner != folder:
        register.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(register / str(number), folder)
    return True


def _has(owner: Path, number: int, folder: Path) -> bool:
    """Whether the data of another installation have this id and are not the same data as in `folder`."""
    if not (data := owner / "data").exists():
        return False
    return data.stat().st_uid == number and data.resolve() != (folder / "data").resolve()


def _owner(register: Path, number: int) -> Path | None:
    try:
        return Path(os.fsdecode((register / str(number)).read_bytes()).rstrip("\n"))
    except FileNotFoundError:
        return None


def _write_first(path: Path, folder: Path) -> bool:
    """Register a new id; returns whether no other process did so at the same time."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.fsencode(folder) + b"\n")
    except FileExistsError:
        return False
    return True


def _write(path: Path, folder: Path) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(os.fsencode(folder) + b"\n")
    new.replace(path)
