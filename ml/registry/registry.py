"""All versions of the trained models of one database, and which of them are live.

    <folder>/<interval>/<model>/<version>.joblib    see `ml.registry.model_file`; written once, never changed
    <folder>/<interval>/<model>/live                JSON and a signature: the promoted versions, the last one is live
    <folder>/<interval>/<model>/lock                locked by the process that writes

Versions count from 1, and numbers are never reused. All files are written atomically, and a version is served only
after two steps, `add` and `promote`; if a process is killed in between, the previous version stays live. Other files
are ignored.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec
from fasteners import InterProcessLock

from ml.models.predictors import Predictor
from ml.registry.atomic_files import remove_unfinished, write_atomically
from ml.registry.model_file import ExpectedModel, Manifest, ModelFile, read, write
from ml.registry.signing import SIGNATURE_BYTES, Key
from shared.errors import ModelRefused
from shared.market.records import INTERVALS, Interval
from shared.settings.setting_types import TrainedModel

MODELS: tuple[TrainedModel, ...] = get_args(TrainedModel)
KEPT_VERSIONS = 20
"""Promoted versions that are kept, including the live one; reprocessing a log may need them."""
LIVE = "live"
PURPOSE = "live"
VERSION_FILE = re.compile(r"([1-9][0-9]{0,14})\.joblib")


class _Promoted(msgspec.Struct, frozen=True):
    interval: str
    model: str
    versions: tuple[int, ...]


class _Stamp(NamedTuple):
    """Changes whenever the file is replaced."""

    path: Path
    node: int
    modified: int


class Registry:
    """The models in `folder`, which may be empty. One instance per thread; any number of processes may use the
    folder."""

    def __init__(self, folder: Path, key: Key) -> None:
        self._folder, self._key = folder, key
        self._stamps: list[_Stamp] = []

    def add(self, manifest: Manifest, predictor: Predictor, estimator: object, above: int = 0) -> int:
        """Store a new version, not yet live. Returns its number, whatever the manifest contains. Raises as `write`.

        The number is higher than those of the existing files and than `above`, the highest one in the database, so that
        a deleted folder does not lead to a second version 7. An earlier candidate that was not promoted is deleted.
        """
        folder = self._place(manifest.interval, manifest.model)
        folder.mkdir(parents=True, exist_ok=True)
        with InterProcessLock(folder / "lock"):
            remove_unfinished(folder)
            version = max([above, *self.versions(manifest.interval, manifest.model)]) + 1
            numbered = replace(manifest, version=version)
            write(_file(folder, version), numbered, predictor, estimator, self._key)
            self._prune(manifest.interval, manifest.model)
        return version

    def promote(self, interval: Interval, model: TrainedModel, version: int) -> None:
        """Make a version live, then delete old ones.

        The 20 versions promoted last and the newest version are kept. Raises ModelRefused if the version does not
        exist, and OSError.
        """
        folder = self._place(interval, model)
        folder.mkdir(parents=True, exist_ok=True)
        with InterProcessLock(folder / "lock"):
            if version not in self.versions(interval, model):
                raise ModelRefused(
                    f"There is no version {version} of {model} on {interval} bars in {folder}: a newer one may have "
                    "replaced it. The live version stays; the next training creates another one."
                )
            earlier = [each for each in self._promoted_or_all(interval, model) if each != version]
            promoted = (*earlier, version)[-KEPT_VERSIONS:]
            content = msgspec.json.encode(_Promoted(interval, model, promoted))
            write_atomically(content + self._key.sign(PURPOSE, content), folder / LIVE)
            self._prune(interval, model)

    def live(self, interval: Interval) -> dict[TrainedModel, int]:
        """The live version of each model that has one. Raises ModelRefused if one can't be determined."""
        found = {model: self.live_version(interval, model) for model in MODELS}
        return {model: version for model, version in found.items() if version is not None}

    def live_version(self, interval: Interval, model: TrainedModel) -> int | None:
        """The live version of one model, independent of other models; None if there is none. Raises as `live`."""
        versions = self._promoted(interval, model)
        return versions[-1] if versions else None

    def versions(self, interval: Interval, model: TrainedModel) -> list[int]:
        """All stored versions, rising."""
        folder = self._place(interval, model)
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(found[1]) for name in names if (found := VERSION_FILE.fullmatch(name)))

    def load(
        self, interval: Interval, model: TrainedModel, version: int, expected: ExpectedModel | None
    ) -> ModelFile:
        """Raises ModelRefused if the version can't be served, see `ml.registry.model_file.read`."""
        path = _file(self._place(interval, model), version)
        if not path.exists():
            raise ModelRefused(
                f"The file {path} does not exist, so version {version} of {model} on {interval} bars can't forecast "
                "here. If it was trained on another machine, copy that machine's folder models of "
                "TICKSTREAM_DATA, with its key, to this one; otherwise the next training creates another version."
            )
        try:
            found = read(path, self._key, expected)
        except ModelRefused as refused:
            command = f"python -m ml.train --model {model} --from-database --interval {interval}"
            raise ModelRefused(f"{refused}: {command}") from refused
        manifest = found.manifest
        if (manifest.interval, manifest.model, manifest.version) != (interval, model, version):
            raise ModelRefused(
                f"The model file {path} is not served: it contains version {manifest.version} of {manifest.model} on "
                f"{manifest.interval} bars, which does not match its name; rename or delete it"
            )
        return found

    def changed(self) -> bool:
        """Whether any version went live since the last call; at the first call, whether any version is live. Takes less
        than 1 ms."""
        before, self._stamps = (
            self._stamps,
            [
                stamp
                for interval in INTERVALS
                for model in MODELS
                if (stamp := _stamp(self._place(interval, model) / LIVE)) is not None
            ],
        )
        return self._stamps != before

    def _place(self, interval: Interval, model: TrainedModel) -> Path:
        return self._folder / interval / model

    def _promoted(self, interval: Interval, model: TrainedModel) -> tuple[int, ...]:
        """The promoted versions, in order. Raises ModelRefused if the file that lists them can't be trusted."""
        path = self._place(interval, model) / LIVE
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unreadable(path, interval, model, error.strerror or "it can't be read") from error
        signed, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
        if self._key.has_signed(PURPOSE, signed, signature):
            found = msgspec.json.decode(signed, type=_Promoted)
            if (found.interval, found.model) == (interval, model):
                return found.versions
        raise _unreadable(path, interval, model, "it is damaged, or was signed with another key")

    def _promoted_or_all(self, interval: Interval, model: TrainedModel) -> tuple[int, ...]:
        """The promoted versions; if they can't be read, all versions, because each may have been live."""
        try:
            return self._promoted(interval, model)
        except ModelRefused:
            return tuple(self.versions(interval, model))

    def _prune(self, interval: Interval, model: TrainedModel) -> None:
        """Delete all versions but the promoted ones and the newest. The caller holds the lock."""
        *older, _ = self.versions(interval, model)
        for version in {*older} - {*self._promoted_or_all(interval, model)}:
            _file(self._place(interval, model), version).unlink(missing_ok=True)


def _unreadable(path: Path, interval: Interval, model: TrainedModel, reason: str) -> ModelRefused:
    return ModelRefused(
        f"The live version of {model} on {interval} bars can't be read from {path}: {reason}. The current deployment "
        "stays; delete the file, or wait until a newly trained version goes live."
    )


def _file(folder: Path, version: int) -> Path:
    return folder / f"{version}.joblib"


def _stamp(path: Path) -> _Stamp | None:
    """None if the file does not exist or can't be accessed; once it can, that counts as a change."""
    try:
        found = path.stat()
    except OSError:
        return None
    return _Stamp(path, found.st_ino, found.st_mtime_ns)
