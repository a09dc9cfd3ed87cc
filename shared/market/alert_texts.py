"""What every part calls an alert: the name of its rule, its severity, and how its text begins. Pure."""

from typing import Final

DEFAULT_SEVERITY: Final = "warning"
"""That of a rule that names none, and of the thresholds of the settings."""
RULE_NAME_SQL = "'rule ' || r.rule_id"
"""What `rule_name` returns, in SQL, for a row `r` with the number of a rule."""
STATE_TEXTS = {
    "provisional": "Provisional, the bar is still open: ",
    "withdrawn": "Withdrawn at the close: ",
}
"""How the text of an alert of a live rule begins; a confirmed one is like any other."""


def rule_name(rule_id: int) -> str:
    """The name that the alerts of a rule have."""
    return f"rule {rule_id}"
