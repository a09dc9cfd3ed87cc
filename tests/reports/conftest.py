"""What the tests of reports share with the unit tests."""

from tests.unit.conftest import clean_environment, env_file

__all__ = ["clean_environment", "env_file"]
