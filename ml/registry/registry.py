"""All versions of the trained models of one database, and which of them are live.

    <folder>/<interval>/<model>/<version>.joblib    see `ml.registry.model_file`; written once, never changed
    <folder>/<interval>/<model>/live                JSON and a signature: the versions promoted, the last one is live
    <folder>/<interval>/<model>/lock                held by the process that writes

Versions count from 1, and no number is given twice. Each file is there whole or not at all, and a version serves only
after both of its steps, `add` and `promote`; whatever is killed, the version before stays live. Any other file is
ignored.
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
"""Promoted versions that are kept, the live one among them; a log that is folded again may ask for them."""
LIVE = "live"
PURPOSE = "live"
VERSION_FILE = re.compile(r"([1-9][0-9]{0,14})\.joblib")


class _Promoted(msgspec.Struct, frozen=True):
    interval: str
    model: str
    versions: tuple[int, ...]


class _Stamp(NamedTuple):
    """A file that was replaced has another one."""

    path: Path
    node: int
    modified: int


class Registry:
    """The models in `folder`, of which there need be none yet. For one thread; any number of processes may have one."""

    def __init__(self, folder: Path, key: Key) -> None:
        self._folder, self._key = folder, key
        self._stamps: list[_Stamp] = []

    def add(self, manifest: Manifest, predictor: Predictor, estimator: object, above: int = 0) -> int:
        """Keep a new version, which is not live yet; its number, whatever the manifest says. Raises as `write`.

        The number is higher than those of the files that are there and than `above`, the highest one that the database
        knows of: a folder that was deleted must not make a second version 7. A candidate before it that was not
        promoted is forgotten.
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
        """Make a version live, then forget old ones.

        Kept are the 20 versions promoted last and the newest of all. Raises ModelRefused where there is no such
        version, and OSError.
        """
        folder = self._place(interval, model)
        folder.mkdir(parents=True, exist_ok=True)
        with InterProcessLock(folder / "lock"):
            if version not in self.versions(interval, model):
                raise ModelRefused(
                    f"There is no version {version} of {model} on {interval} bars in {folder}: a newer one may have "
                    "taken its place. What forecasts now goes on; the next training makes another."
                )
            earlier = [each for each in self._promoted_or_all(interval, model) if each != version]
            promoted = (*earlier, version)[-KEPT_VERSIONS:]
            content = msgspec.json.encode(_Promoted(interval, model, promoted))
            write_atomically(content + self._key.sign(PURPOSE, content), folder / LIVE)
            self._prune(interval, model)

    def live(self, interval: Interval) -> dict[TrainedModel, int]:
        """The live version of each model that has one. Raises ModelRefused where one can't be told."""
        found = {model: self.live_version(interval, model) for model in MODELS}
        return {model: version for model, version in found.items() if version is not None}

    def live_version(self, interval: Interval, model: TrainedModel) -> int | None:
        """The live version of one model, whatever became of the others; None where none is. Raises as `live`."""
        versions = self._promoted(interval, model)
        return versions[-1] if versions else None

    def versions(self, interval: Interval, model: TrainedModel) -> list[int]:
        """All versions that are kept, rising."""
        folder = self._place(interval, model)
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(found[1]) for name in names if (found := VERSION_FILE.fullmatch(name)))

    def load(
        self, interval: Interval, model: TrainedModel, version: int, expected: ExpectedModel | None
    ) -> ModelFile:
        """Raises ModelRefused where the version can't be served, see `ml.registry.model_file.read`."""
        path = _file(self._place(interval, model), version)
        if not path.exists():
            raise ModelRefused(
                f"There is no such file as {path}, so that version {version} of {model} on {interval} bars does not "
                "forecast here. Where another machine trained it, copy that machine's folder models of "
                "TICKSTREAM_DATA, with its key, to this one; else the next training makes another version."
            )
        try:
            found = read(path, self._key, expected)
        except ModelRefused as refused:
            command = f"python -m ml.train --model {model} --from-database --interval {interval}"
            raise ModelRefused(f"{refused}: {command}") from refused
        said = found.manifest
        if (said.interval, said.model, said.version) != (interval, model, version):
            raise ModelRefused(
                f"The model file {path} is not served: it is version {said.version} of {said.model} on {said.interval} "
                "bars, under another's name; give it its own name back, or delete it"
            )
        return found

    def changed(self) -> bool:
        """Whether any version went live since the last call; at the first one, whether any is. Costs less than 1 ms."""
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
        """The versions promoted, in order. Raises ModelRefused where the file that says so can't be trusted."""
        path = self._place(interval, model) / LIVE
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unreadable(path, interval, model, error.strerror or "it can't be read") from error
        said, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
        if self._key.has_signed(PURPOSE, said, signature):
            found = msgspec.json.decode(said, type=_Promoted)
            if (found.interval, found.model) == (interval, model):
                return found.versions
        raise _unreadable(path, interval, model, "it is damaged, or was signed with another key")

    def _promoted_or_all(self, interval: Interval, model: TrainedModel) -> tuple[int, ...]:
        """Where it can't be told, each version may have been live, and is kept as if it had been."""
        try:
            return self._promoted(interval, model)
        except ModelRefused:
            return tuple(self.versions(interval, model))

    def _prune(self, interval: Interval, model: TrainedModel) -> None:
        """Hold the lock: keep what was promoted, and the newest version of all."""
        *older, _ = self.versions(interval, model)
        for version in {*older} - {*self._promoted_or_all(interval, model)}:
            _file(self._place(interval, model), version).unlink(missing_ok=True)


def _unreadable(path: Path, interval: Interval, model: TrainedModel, reason: str) -> ModelRefused:
    return ModelRefused(
        f"Which version of {model} on {interval} bars is live can't be told from {path}: {reason}. What forecasts now "
        "goes on; delete the file, or wait until the next training that goes live."
    )


def _file(folder: Path, version: int) -> Path:
    return folder / f"{version}.joblib"


def _stamp(path: Path) -> _Stamp | None:
    """None where there is none, or none that can be seen: once it can be, that is a change."""
    try:
        found = path.stat()
    except OSError:
        return None
    return _Stamp(path, found.st_ino, found.st_mtime_ns)
