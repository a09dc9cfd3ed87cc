"""Where the trained models of an installation lie, and what signs them."""

from ml.registry.registry import Registry
from ml.registry.signing import Key, key_of
from shared.settings.config import Config


def key_in(config: Config) -> Key:
    """One key signs the models of all feeds of a data folder. Raises ConfigError where it can't be read."""
    return key_of(config.embedded.data / "models")


def registry_of(config: Config) -> Registry:
    """The models of this feed: those of another market are others. Raises ConfigError as `key_in`."""
    return Registry(config.embedded.data / "models" / config.database(), key_in(config))
