"""python -m analytics.replay --from-log as its user starts it: in a process, on a terminal, until Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

from tests.chaos.recording import made_up
from tests.integration.comparison.replayed import SETTINGS, fill
from tests.integration.desk import PROJECT, Desk
from tests.slowness import PATIENCE


def test_a_replay_of_a_recording_is_compared_with_its_log(desk: Desk, tmp_path: Path) -> None:
    files = made_up(tmp_path, minutes=40, quotes_a_minute=12)
    replayed = desk.replaying(files)
    replayed.settings |= SETTINGS | {"FORECAST_INTERVALS": "none"}
    fill(replayed)
    command = [sys.executable, "-m", "analytics.replay", "--from-log", *map(str, files)]
    period = ["--since", "2013-10-08T04:00Z", "--until", "2013-10-08T04:10Z"]
    feed = {name: desk.settings[name] for name in desk.settings if name != "SOURCES"}
    environment = os.environ | feed | SETTINGS | {"FORECAST_INTERVALS": "none"}
    done = subprocess.run(
        [*command, *period], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout.endswith("identical\n"), done.stderr
    assert "from 2013-10-08T04:00:00+00:00 until 2013-10-08T04:10:00+00:00" in done.stdout
    assert done.returncode == 0
    _stops_at_ctrl_c(command, environment)


def _stops_at_ctrl_c(command: list[str], environment: dict[str, str]) -> None:
    """After its progress bar has appeared on the terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=follower, text=True
    )
    os.close(follower)
    shown = b""
    while b"folding the log again" not in shown:
        shown += os.read(leader, 1_000)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    os.close(leader)
    assert process.returncode == 2 or out.endswith("identical\n")
    assert b"Traceback" not in shown
