"""The types of settings of servers, logs and files, as PostgreSQL, logging and the system accept them."""

import logging
import os
import re
from pathlib import Path
from typing import Annotated

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn
from pydantic import AfterValidator, BeforeValidator, SecretStr

from shared.settings.setting_types import DATABASE_NAME, DATABASE_WORDS, split_list

PROJECT = Path(__file__).resolve().parent.parent.parent


def _files(text: object) -> object:
    """Files separated by commas or by the separator of PATH."""
    return split_list(text.replace(os.pathsep, ",")) if isinstance(text, str) else text


def _in_project(path: Path) -> Path:
    """Resolve a relative path against the project folder, not the current folder."""
    try:
        return PROJECT / path.expanduser()
    except RuntimeError:
        raise ValueError("must be a path, and ~ must be followed by an existing user") from None


def _require_log_format(log_format: str) -> str:
    record = logging.LogRecord("name", logging.INFO, "file", 1, "message", None, None)
    try:
        logging.Formatter(log_format).format(record)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"must be a format of Python's logging, such as %(message)s ({error})") from None
    return log_format


def _require_dsn(dsn: SecretStr) -> SecretStr:
    try:
        database = parse_dsn(dsn.get_secret_value()).get("dbname", "")
    except (ProgrammingError, ValueError):
        raise ValueError(
            "must be a connection string such as postgresql://user:password@host:5432/database"
        ) from None
    if database and not re.fullmatch(DATABASE_NAME, database):
        raise ValueError(f"must name a database of {DATABASE_WORDS}")
    return dsn


Dsn = Annotated[SecretStr, AfterValidator(_require_dsn)]
LogFormat = Annotated[str, AfterValidator(_require_log_format)]
ProjectPath = Annotated[Path, AfterValidator(_in_project)]
ProjectPaths = Annotated[tuple[ProjectPath, ...], BeforeValidator(_files)]
