"""What users ask for while everything is killed: rules that come, change and go, alerts acknowledged and snoozed."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from analytics.rules.arming import add, change
from analytics.store.alerts.handlings import request_handling
from analytics.store.rules.rule_requests import listed_rules
from shared.errors import ConfigError, Unavailable
from shared.postgres.database import Cursor, connect, transaction

TEXTS = (
    *("close > open", "close < open severity info", "rsi(5) crosses below 30 clear rsi(5) > 40"),
    *("close < bollinger(20, 2).lower for 2 bars", "volume > 2 * sma(volume, 10)[1] on 5m while open"),
    *(
        "change(1h) < -0.2% every 10m severity critical",
        "anomaly()",
        "macd().histogram crosses above 0 on 5m",
    ),
    *("BAC, IBM: close > highest(high, 30)[1]", "not close between forecast(80%).low and forecast(80%).high"),
    *("no data 20s while open", "abs(change(1)) > 3 * bar_volatility(20)", "drawdown(20) > 0.3% once"),
    *("volume / typical_volume() > 2", "AIG.close / SPY.close crosses 0.2955"),
    *("close > high[1] live", "volume > 3 * sma(volume, 20)[1] every 5m live severity critical"),
)
ACTIONS = ("add", "disable", "enable", "remove", "acknowledge", "snooze")
WEIGHTS = (12, 2, 4, 4, 2, 2)
MEAN_PAUSE = 1.5


class Requests:
    """Asks at random moments, from a seed, for as long as it runs; `made` counts what was asked for."""

    def __init__(self, dsn: str, seed: int) -> None:
        self._dsn, self._chance = dsn, random.Random(seed)
        self._stopped = threading.Event()
        self.made: Counter[str] = Counter()

    def run(self) -> None:
        """Ask until stopped; a request during which the database is killed is not made."""
        while not self._stopped.wait(self._chance.expovariate(1 / MEAN_PAUSE)):
            try:
                with closing(connect(self._dsn, "chaos")) as connection, transaction(connection) as cursor:
                    self.made[self._ask(cursor)] += 1
            except (ConfigError, Unavailable):
                self.made["refused"] += 1

    def stop(self) -> None:
        """End `run`."""
        self._stopped.set()

    def _ask(self, cursor: Cursor) -> str:
        chance = self._chance
        rules = [rule for rule in listed_rules(cursor) if rule.state != "removed"]
        (action,) = chance.choices(ACTIONS, WEIGHTS)
        if action == "add":
            add(cursor, read_rule(chance.choice(TEXTS), DEFAULTS))
        elif action in ("acknowledge", "snooze"):
            rule = f"rule {chance.choice(rules).rule_id}" if rules else "volatility"
            until = datetime.now(UTC) + timedelta(seconds=chance.uniform(0, 20) if action == "snooze" else 0)
            request_handling(cursor, action, rule, None, until, "chaos")
        elif rules:
            change(cursor, chance.choice(rules).rule_id, action)
        return action


@contextmanager
def requests_at(dsn: str, seed: int) -> Iterator[Requests]:
    """Requests to this database, from a thread of their own."""
    requests = Requests(dsn, seed)
    thread = threading.Thread(target=requests.run)
    thread.start()
    try:
        yield requests
    finally:
        requests.stop()
        thread.join()
