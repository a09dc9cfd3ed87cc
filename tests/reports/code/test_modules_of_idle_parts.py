"""Scenario: a library is imported at the top of a module that every part imports, and each of the parts, which mostly
wait, takes tens of megabytes more for good."""

import json
import subprocess
import sys

from start_pipeline import PARTS
from tests.conftest import PROJECT

HEAVY = (
    *("numpy", "scipy", "pandas", "statsmodels", "sklearn", "pmdarima", "xgboost", "exchange_calendars"),
    *("curl_cffi", "websockets", "rich", "kafka", "dash", "plotly", "uvicorn"),
)
NEEDED = {
    ("start_pipeline", "consumer.consumer", "producer.producer"): [],
    ("ml.trainer",): [],
    ("start_dashboard",): ["websockets", "dash", "plotly", "uvicorn"],
    ("analytics.analytics_consumer",): ["numpy"],
}
"""What parts have loaded while they wait for the first message."""
LISTING = f"""
import importlib, json, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
from shared.calendars.calendars import calendar_of
calendar_of(None), calendar_of("SIMULATED"), calendar_of("CCY")
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
"""


def loaded(modules: tuple[str, ...]) -> list[str]:
    """The heavy modules that a process has loaded after it imported these and asked for calendars of our own."""
    command = [sys.executable, "-c", LISTING, *modules]
    run = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    return list(json.loads(run.stdout))


def test_a_waiting_part_has_loaded_no_heavy_module_that_it_does_not_need() -> None:
    assert {modules: loaded(modules) for modules in NEEDED} == NEEDED


def test_every_part_is_checked() -> None:
    parts = {command[-1].removesuffix(".py") for command in PARTS.values()}
    assert parts | {"start_pipeline"} == {module for modules in NEEDED for module in modules}
