"""Scenario: a new module is marked as pure, and nothing prevents it from reading a clock or a table later."""

import ast
import tomllib

from tests.conftest import PROJECT

CONTRACT = "pure packages import no Kafka, SQL, clock, logging, thread or environment, directly or indirectly"
LINTER = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def guarded() -> list[str]:
    """The modules and packages that the contract names."""
    (contract,) = (each for each in LINTER["contracts"] if each["name"] == CONTRACT)
    return list(contract["source_modules"])


def pure_modules() -> list[str]:
    """Those whose docstring, or its first paragraph, ends with the word."""
    found = []
    for package in LINTER["root_packages"]:
        for path in sorted((PROJECT / package).rglob("*.py")):
            words = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
            if words.split("\n\n")[0].endswith("Pure.") or words.endswith("Pure."):
                parts = path.relative_to(PROJECT).with_suffix("").parts
                found.append(".".join(parts).removesuffix(".__init__"))
    return found


def test_every_module_documented_as_pure_is_guarded() -> None:
    found, names = pure_modules(), guarded()
    assert len(found) > 20
    assert [
        module
        for module in found
        if not any(module == name or module.startswith(f"{name}.") for name in names)
    ] == []
