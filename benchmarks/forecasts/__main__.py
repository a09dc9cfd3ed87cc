"""Speed of forecasts, duration of ARIMA searches, and accuracy of every model on real closes.

    python -m benchmarks.forecasts                  takes about fifteen minutes on one core
    python -m benchmarks.forecasts --quick          takes about two minutes: fewer bars, searches, symbols and years
    python -m benchmarks.forecasts --only speed     one section only

speed       forecasts of 500 symbols for a closed bar, compared with fitting a library's model again at every bar
search      new orders for 500 symbols, and the age that an order reaches
accuracy    every model on days and on minutes, tested on rows after all of its training rows
coverage    coverage of the intervals, as `python -m benchmarks.forecasts.coverage` prints it
opponents   intervals of other methods on the same days; --quick leaves out those that take minutes to fit
intraday    the same for minutes, hours and a coin's days, real and simulated
realized    the same where the returns within each bar are known, most of them simulated

Settings are the defaults unless the environment sets them. A section whose recordings are not in the data folder is
skipped with a message.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.forecasts.accuracy import accuracy
from benchmarks.forecasts.coverage import DATA, coverage
from benchmarks.forecasts.intraday import intraday
from benchmarks.forecasts.opponents import opponents
from benchmarks.forecasts.realized import realized_variance
from benchmarks.forecasts.search import searches
from benchmarks.forecasts.speed import speed
from benchmarks.staging.stage import say
from ml.forecast_settings import forecast_settings
from shared.errors import ConfigError
from shared.settings.config import Config, load

Part = Callable[[Config, Path, bool], str]

PARTS: dict[str, Part] = {
    "speed": lambda config, _, quick: speed(forecast_settings(config.models, "1m"), quick),
    "search": lambda config, _, quick: searches(config, quick),
    "accuracy": accuracy,
    "coverage": lambda _config, data, _quick: coverage(data),
    "opponents": lambda _config, data, quick: opponents(data, quick),
    "intraday": lambda _config, data, quick: intraday(data, quick),
    "realized": lambda _config, data, quick: realized_variance(data, quick),
}


def main() -> int:
    """Measure and print each section; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, help="run this section only")
    parser.add_argument("--quick", action="store_true", help="a short run of about two minutes")
    parser.add_argument(
        "--data", type=Path, default=DATA, help="folder of the recordings (default: %(default)s)"
    )
    options = parser.parse_args()
    try:
        config = load(None)
    except ConfigError as error:
        parser.error(str(error))
    for name in [options.only] if options.only else PARTS:
        say(f"{name}:")
        print(PARTS[name](config, options.data, options.quick).rstrip(), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
