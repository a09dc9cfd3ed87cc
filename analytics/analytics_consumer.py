"""The analytics part: computes bars, indicators, alerts, forecasts and the live view from every quote of the log,
exactly once.

    python -m analytics.analytics_consumer          run until Ctrl-C

It reads the topic of the configured feed (SOURCES). It can be stopped or killed at any time: after a restart it
continues where its tables end. Settings: .env, see .env.example.
"""

import signal
import sys

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from analytics.runtime.model_source import RegistryModelSource
from analytics.runtime.processor import Analysis
from analytics.runtime.searches import PooledSearches
from analytics.runtime.settings import engine_settings
from analytics.store.forecasts.search_tables import OutcomeTable
from analytics.store.rules.closed_bars import StoredClosedBars
from db.migrate import migrate
from ml.order_search.search_pool import SearchPool
from ml.registry.model_folder import registry_of
from shared.consumer_loop.consumer_runner import ConsumingPart, consume
from shared.kafka import Log, open_log
from shared.progress.offsets import GroupOnTopic
from shared.runtime.command_line import run_part
from shared.runtime.lifecycle import Stop
from shared.settings.config import Config


def analyse(config: Config, stop: Stop) -> None:
    """Process the log until `stop` is set. Raises ConfigError or StopPart."""
    settings = engine_settings(config)
    model_source = RegistryModelSource(registry_of(config), config.models)

    with SearchPool() as pool:

        def analysis_of(reading: GroupOnTopic, log: Log, dsn: str) -> Analysis:
            def ends() -> dict[int, int]:
                with open_log(log) as reader:
                    return reader.ends()

            searches = PooledSearches(pool, stop, OutcomeTable(dsn))
            closed_bars = StoredClosedBars(dsn)
            return Analysis(
                *(reading, settings, searches, model_source, config.market, closed_bars),
                across=config.across,
                ends=ends,
                delivers=config.delivers,
            )

        consume(ConsumingPart("analytics", config.kafka.group_id, analysis_of, migrate), config, stop)


if __name__ == "__main__":
    sys.exit(run_part("analytics", __doc__, analyse))
