"""Checks the files of indicators of the user's own, and loads those that pass.

A file is checked in a process of its own: one that never returns or ends the process is refused like any other.
"""

import logging
import sys
import time
from collections.abc import Sequence
from contextlib import closing, redirect_stdout
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from analytics.indicators.own.checks import findings, seconds_a_bar
from analytics.indicators.own.loading import OwnFile, loaded, require_own_names
from analytics.indicators.own.own_indicators import OwnSpec
from analytics.indicators.own.rules import RuleBroken
from ml.children import exit_with, main_hidden, start_without_sigint
from shared.errors import ConfigError
from shared.market.records import Bar
from shared.observability.heartbeat import long_step

CHECK_SECONDS = 60.0
"""Longest time of the check of one file. One that is let in takes about a second."""
MAX_BYTES = 1_000_000
"""Largest size of a file."""

log = logging.getLogger("tickstream.analytics")

Recorded = Sequence[Sequence[Bar]]
"""Bars of real markets, by series."""


class FileVerdict(NamedTuple):
    """What the check of a file found; it is let in if there are no `reasons`. `outputs` are the names of its values,
    `seconds` is the time that a closed bar takes."""

    reasons: list[str]
    outputs: Sequence[str] = ()
    seconds: float = 0.0


def file_at(path: Path) -> OwnFile:
    """A file of the user. Raises ConfigError if it can't be read, or is larger than a program."""
    try:
        # A pipe would be waited for without end, and a device has no end.
        if not path.is_file() and path.exists():
            raise ConfigError(f"{path} can't be read: it is no file.")
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_BYTES:,} bytes: an indicator is a short program.")
    return OwnFile(str(path), content)


def verdict_on(file: OwnFile, recorded: Recorded = ()) -> FileVerdict:
    """Check a file; `recorded` are bars to check it with besides random ones."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_check, args=(theirs, file, recorded), name="check", daemon=True)
    with closing(ours), long_step(2 * CHECK_SECONDS):
        with main_hidden():
            start_without_sigint(process)
        theirs.close()
        try:
            return _received(ours)
        finally:
            process.kill()
            process.join()


def _received(pipe: Connection) -> FileVerdict:
    if not pipe.poll(CHECK_SECONDS):
        return FileVerdict(
            [f"the check took longer than {CHECK_SECONDS:g} s: a call does not return, or is far too slow"]
        )
    try:
        verdict: FileVerdict = pipe.recv()
    except EOFError:
        return FileVerdict(["the process of the check ended: the file must not end it"])
    return verdict


def _check(pipe: Connection, file: OwnFile, recorded: Recorded) -> None:
    """Check the file in this process and send the verdict. What the file prints goes to standard error, because the
    output of the command may be data."""
    Thread(target=exit_with, args=(parent_process(),), name="owner watch", daemon=True).start()
    with redirect_stdout(sys.stderr):
        try:
            own = loaded(file)
            require_own_names([own])
            reasons = list(dict.fromkeys(findings(own, recorded, time.perf_counter)))
            verdict = FileVerdict(reasons) if reasons else _accepted(own)
        except RuleBroken as broken:
            verdict = FileVerdict([str(broken)])
    pipe.send(verdict)


def _accepted(own: OwnSpec) -> FileVerdict:
    return FileVerdict([], own.outputs, seconds_a_bar(own, time.perf_counter))


def own_specs(folder: Path | None) -> tuple[OwnSpec, ...]:
    """The indicators in the files of this folder, in the order of their names; none without a folder. Files whose names
    begin with a dot or an underscore are left out.

    Raises ConfigError with the reasons if a file is refused.
    """
    if folder is None:
        return ()
    if not folder.is_dir():
        raise ConfigError(f"INDICATORS_PATH={folder}: must be a folder of files, one for each indicator.")
    files = [file_at(path) for path in sorted(folder.glob("*.py")) if path.name[0] not in "._"]
    refused = [f"{file.path}: {reason}." for file in files for reason in verdict_on(file).reasons]
    if refused:
        raise ConfigError("\n".join([f"Indicators in INDICATORS_PATH={folder} are refused:", *refused]))
    try:
        found = tuple(loaded(file) for file in files)
        require_own_names(found)
    except RuleBroken as broken:
        raise ConfigError(f"Indicators in INDICATORS_PATH={folder} are refused: {broken}.") from broken
    names = ", ".join(own.spec.name for own in found)
    log.info("Indicators of your own, calculated at each close: %s.", names or f"none, {folder} has no file")
    return found
