"""The identity of an alert. Pure."""

import json
from hashlib import blake2b

ID_BYTES = 16


def alert_id(symbol: str, interval: str, rule: str, rule_version: int | None, start: int) -> str:
    """An id that is the same for the same alert, whenever and however often it is calculated: BLAKE2b of the JSON list
    of its key, in hexadecimal. `start` is that of its bar, epoch seconds; thresholds of the settings have no version.
    """
    key = json.dumps([symbol, interval, rule, rule_version, start], separators=(",", ":"))
    return blake2b(key.encode(), digest_size=ID_BYTES).hexdigest()
