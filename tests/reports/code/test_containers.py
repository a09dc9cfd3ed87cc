"""What `docker compose up` starts: the pipeline with its supervisor, and no part without one."""

import re

from shared.settings.server_types import PROJECT

COMPOSE = (PROJECT / "docker-compose.yml").read_text("utf-8")


def test_parts_in_containers_are_watched_by_the_pipeline() -> None:
    """Scenario: a part in a container of its own hangs, or warns of nothing while the disk gets full."""
    commands = re.findall(r"^    command: (?!sh )(.+)$", COMPOSE, re.MULTILINE)
    assert commands == ["python start_pipeline.py"]


def test_container_that_has_stopped_for_good_is_not_started_again() -> None:
    """Scenario: exit status 3, which Docker can't distinguish from others, was followed by a restart without end."""
    assert re.findall(r"^    restart: (.+)$", COMPOSE, re.MULTILINE) == ["on-failure:5"]
