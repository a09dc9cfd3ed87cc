"""Scenario: a newcomer opens the source tree; each file and function is short enough to be read at once, and SQL is
only in the modules of tables."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.presenters.alerts import KINDS
from tests.conftest import PROJECT

PACKAGES = ("analytics", "benchmarks", "consumer", "dashboard", "db", "delivery", "ml", "producer", "shared")
LONGEST_FILE, LONGEST_FUNCTION = 300, 25
LARGEST_FOLDER = 12
"""Modules, with `__init__.py`."""
FILES = sorted(
    path
    for folder in PACKAGES
    for path in (PROJECT / folder).rglob("*")
    if path.suffix in (".py", ".js", ".css")
)
MODULES = [path for path in FILES if path.suffix == ".py"]
STATEMENT = re.compile(
    r"\s*(select|insert|update|delete|create(?! (?:the|bars) )|alter|copy|set local|lock|drop|truncate)\s"
)
LOCK_KEY = re.compile(r"LOCK = (7_[0-9_]+)")
WITH_SQL = set(
    """
    analytics/runtime/remake analytics/store/comparison/compared_tables analytics/store/forecasts/deployment_tables
    analytics/store/cross_section_tables analytics/store/forecasts/forecast_tables analytics/store/replacing
    analytics/store/market_tables analytics/store/alerts/alert_tables
    analytics/store/own_tables analytics/store/forecasts/search_tables analytics/store/set_aside_tables
    analytics/store/rules/closed_bars analytics/store/rules/rule_changes analytics/store/rules/rule_requests
    analytics/store/alerts/handlings analytics/store/headlines analytics/store/rules/stored_bars
    analytics/store/settings_tables analytics/store/snapshot_tables analytics/store/across/rule_places
    analytics/store/across/symbol_times analytics/store/across/rule_runs analytics/store/across/given_up
    analytics/store/across/storm_tables
    analytics/store/comparison/stored_quotes analytics/store/tables consumer/tables
    dashboard/read/read_model dashboard/read/sql/connections dashboard/read/sql/diagnostics
    dashboard/read/sql/forecast_queries dashboard/read/sql/market_queries dashboard/read/sql/own_queries
    dashboard/read/sql/queries dashboard/read/sql/alert_queries dashboard/read/sql/live_queries
    dashboard/read/sql/set_aside_queries dashboard/read/sql/mood_queries
    delivery/store/outbox_tables delivery/store/route_tables
    db/blocking db/cutting db/divergence db/migrate
    ml/datasets/history_tables ml/diagnostics/diagnostics_tables ml/training/training_tables
    producer/live_offer producer/store/earlier_runs producer/store/headlines producer/store/requests
    producer/store/symbol_queries producer/store/tables
    shared/progress/offsets shared/embedded/postgres/probe shared/observability/status_board
    shared/postgres/announcements shared/postgres/binary_copy shared/postgres/database shared/postgres/locks
    shared/postgres/upsert shared/runtime/lifecycle
    """.split()  # noqa: SIM905
)
"""The modules that contain SQL."""


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines its body takes without docstrings, its own and those of functions within it."""
    lines = (function.body[-1].end_lineno or 0) - function.body[0].lineno + 1
    inner = [node for node in ast.walk(function) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return lines - sum(
        (each.body[0].end_lineno or 0) - each.body[0].lineno + 1 for each in inner if ast.get_docstring(each)
    )


def texts_passed(tree: ast.Module) -> Iterator[str]:
    """The texts in a module that are no docstrings, from their first character on."""
    for node in ast.walk(tree):
        children = [child for child in ast.iter_child_nodes(node) if not isinstance(node, ast.Expr)]
        for child in children:
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                yield child.value


def test_every_file_of_the_product_can_be_read_in_one_go() -> None:
    assert len(FILES) > 200
    assert {
        path.name: n for path in FILES if (n := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    } == {}


def test_every_function_of_the_product_can_be_read_in_one_go() -> None:
    functions = [
        (path.name, node.name, lines_of(node))
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(functions) > 1_000
    assert [found for found in functions if found[2] > LONGEST_FUNCTION] == []


def test_every_folder_can_be_overlooked() -> None:
    counts = Counter(path.parent.relative_to(PROJECT).as_posix() for path in MODULES)
    assert {folder: n for folder, n in counts.items() if n > LARGEST_FOLDER} == {}


def test_a_class_name_occurs_once() -> None:
    names = Counter(
        node.name for path in MODULES for node in tree_of(path).body if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1 and not name.startswith("_")] == []


def test_sql_is_in_the_modules_of_tables_alone() -> None:
    """Scenario: the fold of the storage part set a time limit of PostgreSQL by a statement of its own."""
    found = {
        path.relative_to(PROJECT).with_suffix("").as_posix()
        for path in MODULES
        if path.relative_to(PROJECT).parts[0] != "benchmarks"
        and any(map(STATEMENT.match, texts_passed(tree_of(path))))
    }
    assert found - WITH_SQL == set()


def test_every_advisory_lock_has_a_key_of_its_own() -> None:
    """Scenario: delivery held a lock with the key of another part, which then waited for it without end."""
    keys = [key for path in MODULES for key in LOCK_KEY.findall(path.read_text("utf-8"))]
    assert len(keys) > 2
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize(
    "kind",
    [
        "below zero",
        "currency",
        "delisted",
        "disagreement",
        "doubtful",
        "failover",
        "indicator",
        "left out",
        "set aside",
        "split",
        "volume",
    ],
)
def test_every_kind_of_alert_about_the_data_has_a_label(kind: str) -> None:
    """Scenario: "Volume" was shown beside an alert about wrong volumes as beside one about a high volume."""
    assert " " in KINDS[kind] or kind == "delisted"


def test_every_migration_has_a_number_of_its_own() -> None:
    """They are applied in the order of their names: two of one number would have no order that a reader expects."""
    numbers = [path.name[:4] for path in (PROJECT / "db" / "migrations").glob("*.sql")]
    assert len(numbers) >= 10
    assert len(set(numbers)) == len(numbers)
