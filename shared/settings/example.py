"""The part of `.env.example` that is made from the catalog of indicators.

python -m shared.settings.example        writes it again
"""

from analytics.indicators.catalog import PARAMETERS
from shared.settings.server_types import PROJECT

EXAMPLE = PROJECT / ".env.example"
HEADING = "# --- Indicators (periods in bars) ---\n"


def with_parameters(example: str) -> str:
    """The text of `.env.example` with a line of meaning and the default for each parameter in the catalog."""
    before, _, rest = example.partition(HEADING)
    after = rest[rest.index("\n# ---") :]
    lines = []
    for parameter in PARAMETERS.values():
        order = f"; must be below {parameter.below.upper()}" if parameter.below else ""
        lines += [f"# {parameter.text}{order}.\n", f"{parameter.key}={parameter.default}\n"]
    return before + HEADING + "".join(lines) + after


if __name__ == "__main__":
    EXAMPLE.write_text(with_parameters(EXAMPLE.read_text("utf-8")), "utf-8")
