"""Child processes of a part."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

PART = """
from multiprocessing import get_context

from ml.children import main_hidden, start_without_sigint

print("imported by", __name__)

if __name__ == "__main__":
    process = get_context("spawn").Process(target=print, args=("works",))
    with main_hidden():
        start_without_sigint(process)
    process.join()
    print("ended with", process.exitcode)
"""


def test_a_child_does_not_import_the_module_of_its_part(tmp_path: Path) -> None:
    part = tmp_path / "part.py"
    part.write_text(PART)
    ran = subprocess.run(
        [sys.executable, part], env={"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=True
    )
    assert sorted(ran.stdout.split("\n")) == ["", "ended with 0", "imported by __main__", "works"]
