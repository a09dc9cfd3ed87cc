"""A small chaos run: parts and servers are killed, and the result is the same."""

from pathlib import Path

from tests.chaos.killing import Kill, carry_out
from tests.chaos.models import SERVING
from tests.chaos.outcome import Left, first_difference, outcome
from tests.chaos.pipeline import running
from tests.chaos.recording import made_up_with_split
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE

PLAN = [
    Kill("producer", 2.0),
    Kill("analytics", 0.5),
    Kill("kafka", 1.0),
    Kill("storage", 1.0),
    Kill("producer", 1.5),
    Kill("postgres", 0.5),
    Kill("storage", 1.0),
    Kill("analytics", 1.2),
]


def played(files: list[Path], speed: str, plan: list[Kill]) -> list[Left]:
    """The outcome of a replay."""
    with running(files, speed, silent) as pipeline:
        carry_out(plan, pipeline, silent)
        pipeline.wait_until_drained(PATIENCE)
        pipeline.stop_parts()
        return outcome(pipeline.config, pipeline.topic)


def test_killed_parts_and_servers_leave_the_same_bytes_as_a_run_left_alone(tmp_path: Path) -> None:
    files = made_up_with_split(tmp_path, minutes=90, quotes_a_minute=60)
    calm = played(files, "max", [])
    rows = {left.name: len(left.lines) for left in calm}
    assert rows["quotes"] + rows["bars"] + rows["log"] > 10_000
    assert rows["corporate_actions"] == 1
    assert min(rows[name] for name in ("forecasts", "forecast_scores", "forecast_records")) > 30
    for table in ("forecasts", "forecast_scores", "forecast_records"):
        found = [line.split(b"\t") for left in calm if left.name == table for line in left.lines]
        assert all(sum(model.encode() in row for row in found) > 3 for model in SERVING), table
    killed = played(files, "500", PLAN)
    assert [first_difference(*pair) for pair in zip(calm, killed, strict=True)] == [""] * len(calm)
