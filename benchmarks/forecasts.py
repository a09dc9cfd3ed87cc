"""How quick forecasts are, how soon orders are found, and how right every model is on real closes.

    python -m benchmarks.forecasts                  about ten minutes on one core
    python -m benchmarks.forecasts --quick          under a minute: fewer bars, searches, symbols and years
    python -m benchmarks.forecasts --only speed     one part alone

speed       500 symbols re-forecast for a closed bar, and what fitting a library's model anew at every bar takes
search      new orders for 500 symbols, and how old one gets
accuracy    every model on days and on minutes, tested on what came after all that it had learnt from
coverage    whether intervals hold what they promise, as `python -m benchmarks.coverage` has it

The settings are the defaults, but for what the environment sets. What needs recordings that are not in the data folder
is skipped, and a sentence says so.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.coverage import DATA, coverage
from benchmarks.forecast_accuracy import accuracy
from benchmarks.forecast_search import searches
from benchmarks.forecast_speed import speed
from benchmarks.stage import say
from ml.forecast_settings import forecast_settings
from shared.errors import ConfigError
from shared.settings.config import Config, load

Part = Callable[[Config, Path, bool], str]

PARTS: dict[str, Part] = {
    "speed": lambda config, _, quick: speed(forecast_settings(config.models, "1m"), quick),
    "search": lambda config, _, quick: searches(config, quick),
    "accuracy": accuracy,
    "coverage": lambda _config, data, _quick: coverage(data),
}


def main() -> int:
    """Measure and print, part by part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, help="measure this part alone")
    parser.add_argument("--quick", action="store_true", help="a look in under a minute")
    parser.add_argument("--data", type=Path, default=DATA, help="recordings (default: %(default)s)")
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
