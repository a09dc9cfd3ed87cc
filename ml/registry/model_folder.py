"""The folder and the signing key of an installation's trained models."""

from ml.registry.registry import Registry
from ml.registry.signing import Key, key_of
from shared.settings.config import Config


def key_in(config: Config) -> Key:
    """The key of a data folder, which signs the models of all its feeds. Raises ConfigError if it can't be read."""
    return key_of(config.embedded.data / "models")


def registry_of(config: Config) -> Registry:
    """The models of this feed, separate from those of other feeds. Raises ConfigError as `key_in`."""
    return Registry(config.embedded.data / "models" / config.database(), key_in(config))
