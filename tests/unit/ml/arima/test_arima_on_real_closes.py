"""The ARIMA filter compared with statsmodels on whole daily histories."""

import math
import zipfile
from pathlib import Path

import pytest

from ml.arima.arima import ArimaModel
from tests.oracles.arima import apart

MODELS = (
    ArimaModel(d=1, sigma=0.02),
    ArimaModel((0.98,), 0, (0.1,), 0.06, 0.02),
    ArimaModel((0.3, -0.2), 1, (-0.4, 0.1), 0.0002, 0.015),
    ArimaModel((0.2, 0.1, -0.1, 0.05, 0.02), 1, (-0.3, 0.1, 0.1, -0.05, 0.1), 0.0, 0.018),
    ArimaModel((0.1,), 2, (-0.95,), 0.0, 0.02),
)


@pytest.mark.real_data
@pytest.mark.parametrize("symbol", ["aig", "ibm", "spy"])
def test_forecasts_of_a_daily_history_equal_those_of_statsmodels(real_data: Path, symbol: str) -> None:
    path = real_data / f"market_lean/lean/Data/equity/usa/daily/{symbol}.zip"
    if not path.is_file():
        pytest.skip(f"no daily history of {symbol} in the real data")
    with zipfile.ZipFile(path) as archive:
        rows = archive.read(archive.namelist()[0]).decode().split("\n")
    logs = [math.log(int(row.split(",")[4]) / 10_000) for row in rows if row.strip()][-1500:]
    for model in MODELS:
        assert apart(model, logs, steps=5) < 1e-7
