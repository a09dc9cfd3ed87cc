"""Where log lines go: to the console and, where one is set, to a file."""

import logging

from shared.errors import ConfigError
from shared.sections import Logging


def start_logging(settings: Logging, part: str) -> logging.Logger:
    """Log as the settings say from now on; gives the logger of `part`, such as `tickstream.storage`.

    Raises ConfigError where the log file can't be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if settings.file_path is not None:
        try:
            settings.file_path.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(logging.FileHandler(settings.file_path, encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"LOG_FILE_PATH={settings.file_path}: must be a file that can be written ({error.strerror})."
            ) from None
    logging.basicConfig(level=settings.level, format=settings.format, handlers=handlers, force=True)
    return logging.getLogger(f"tickstream.{part}")
