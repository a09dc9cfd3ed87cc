"""Which installation each account number of this machine belongs to.

A server that does not run has no process that shows its number, so each number is written down when it is given: a file
of that name, which holds the folder of the server. A number is free again where that folder is gone.
"""

import os
from collections.abc import Iterable
from pathlib import Path


def take(register: Path, numbers: Iterable[int], folder: Path) -> int | None:
    """A number for the server in `folder`: the one that it was given before, one never given, or one that is free
    again, in this order; None where all belong to others. Raises OSError where nothing can be written down."""
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
    """Whether a number whose data are in `folder` may stay theirs: nobody else's data have it. It is written down.

    Raises OSError where it can't be.
    """
    owner = _owner(register, number)
    if owner is not None and owner != folder and _has(owner, number, folder):
        return False
    if owner != folder:
        register.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(register / str(number), folder)
    return True


def _has(owner: Path, number: int, folder: Path) -> bool:
    """Whether the data of another installation have this number, and are not the very data of `folder`."""
    if not (data := owner / "data").exists():
        return False
    return data.stat().st_uid == number and data.resolve() != (folder / "data").resolve()


def _owner(register: Path, number: int) -> Path | None:
    try:
        return Path(os.fsdecode((register / str(number)).read_bytes()).rstrip("\n"))
    except FileNotFoundError:
        return None


def _write_first(path: Path, folder: Path) -> bool:
    """Whether nobody else did so in this moment."""
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
