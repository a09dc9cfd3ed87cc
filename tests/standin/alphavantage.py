"""Alpha Vantage: every request is /query, errors have status 200, bars are newest first and labelled by their end."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.standin.answers import Answer, Request, json_answer
from tests.standin.instrument import Instrument
from tests.standin.market import DAY, Market
from tests.standin.walk import Bars
from tests.standin.web import Headers
from tests.standin.yahoo_chart import adjusted

_EASTERN = ZoneInfo("America/New_York")
_COMPACT, _DAYS_OF_INTRADAY, _DAYS_OF_DAILY = 100, 30, 7300
_DOCUMENTATION = "Please retry or visit the documentation (https://www.alphavantage.co/documentation/)"


class AlphaVantageStandIn:
    """Answers as Alpha Vantage does, for every client with the key."""

    def __init__(self, market: Market, key: str) -> None:
        self._market = market
        self._key = key

    def answer(self, request: Request, headers: Headers) -> Answer:
        """Route by the requested function."""
        params, function = request.params, request.params.get("function", "")
        functions = {
            "TIME_SERIES_INTRADAY": self._intraday,
            "TIME_SERIES_DAILY": self._daily,
            "GLOBAL_QUOTE": self._quote,
            "OVERVIEW": self._overview,
        }
        if request.path != "/query" or function not in functions:
            return _error(f"This API function ({function}) does not exist.")
        if params.get("apikey") != self._key:
            return _error("the parameter apikey is invalid or missing.")
        instrument = self._market.find("alphavantage", params.get("symbol", ""))
        if instrument is not None:
            return functions[function](instrument, params)
        nothing: dict[str, dict[str, object]] = {"GLOBAL_QUOTE": {"Global Quote": {}}, "OVERVIEW": {}}
        if function in nothing:
            return json_answer(nothing[function])
        return _error(f"Invalid API call. {_DOCUMENTATION} for {function}.")

    def _intraday(self, instrument: Instrument, params: dict[str, str]) -> Answer:
        """Finished bars of a month, split-adjusted unless the request refuses it."""
        interval = params.get("interval", "")
        minutes = interval.removesuffix("min")
        if minutes not in ("1", "5", "15", "30", "60"):
            return _error(f"Invalid API call. {_DOCUMENTATION} for TIME_SERIES_INTRADAY.")
        seconds, now = int(minutes) * 60, self._market.clock()
        bars = self._market.bars(instrument.name, seconds, now - _DAYS_OF_INTRADAY * DAY, now - seconds + 1)
        if params.get("adjusted", "true") == "true":
            bars = adjusted(self._market, instrument, bars)
        labels = [_eastern(start + seconds) for start in bars.start.tolist()]
        title = f"Intraday ({interval}) open, high, low, close prices and volume"
        series = _newest_first(labels, bars, params)
        return json_answer(_meta(params, title, series, interval) | {f"Time Series ({interval})": series})

    def _daily(self, instrument: Instrument, params: dict[str, str]) -> Answer:
        """Days as they were traded, never adjusted, the running one too."""
        now = self._market.clock()
        days = _COMPACT * 2 if params.get("outputsize", "compact") == "compact" else _DAYS_OF_DAILY
        bars = self._market.bars(instrument.name, DAY, now - days * DAY, now)
        labels = [instrument.trading_date(start).isoformat() for start in bars.start.tolist()]
        title = "Daily Prices (open, high, low, close) and Volumes"
        series = _newest_first(labels, bars, params)
        return json_answer(_meta(params, title, series) | {"Time Series (Daily)": series})

    def _quote(self, instrument: Instrument, params: dict[str, str]) -> Answer:
        """The latest day; it has a date and no time."""
        day = self._market.day(instrument.name)
        change = day.close - day.previous_close
        quote = {
            "01. symbol": params["symbol"],
            "02. open": _price(day.open),
            "03. high": _price(day.high),
            "04. low": _price(day.low),
            "05. price": _price(day.close),
            "06. volume": str(int(day.volume)),
            "07. latest trading day": instrument.trading_date(day.opens).isoformat(),
            "08. previous close": _price(day.previous_close),
            "09. change": _price(change),
            "10. change percent": f"{100 * change / day.previous_close:.4f}%",
        }
        return json_answer({"Global Quote": quote})

    def _overview(self, instrument: Instrument, params: dict[str, str]) -> Answer:
        """What the company is."""
        overview = {
            "Symbol": params["symbol"],
            "AssetType": "Common Stock",
            "Name": instrument.long_name,
            "Exchange": "NASDAQ",
            "Currency": instrument.currency,
            "Sector": instrument.sector.upper(),
            "Industry": instrument.industry.upper(),
        }
        return json_answer(overview)


def _error(sentence: str) -> Answer:
    return json_answer({"Error Message": sentence})


def _price(number: float) -> str:
    return f"{number:.4f}"


def _eastern(second: int) -> str:
    return datetime.fromtimestamp(second, _EASTERN).strftime("%Y-%m-%d %H:%M:%S")


def _newest_first(labels: list[str], bars: Bars, params: dict[str, str]) -> dict[str, dict[str, str]]:
    """The series by label; the last hundred unless everything is requested."""
    most = None if params.get("outputsize") == "full" else _COMPACT
    rows = list(_rows(labels, zip(*bars[1:], strict=True)))
    return dict(rows[::-1][:most])


def _rows(labels: list[str], columns: Iterable[tuple[float, ...]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Bars by label; one without trades is left out."""
    names = ("1. open", "2. high", "3. low", "4. close")
    for label, (*prices, volume) in zip(labels, columns, strict=True):
        if volume == volume:
            bar = dict(zip(names, map(_price, prices), strict=True))
            yield label, bar | {"5. volume": str(int(volume))}


def _meta(
    params: dict[str, str], title: str, series: dict[str, dict[str, str]], interval: str | None = None
) -> dict[str, object]:
    """The meta data of a series, numbered."""
    lines = [
        ("Information", title),
        ("Symbol", params["symbol"]),
        ("Last Refreshed", next(iter(series), "")),
        *([] if interval is None else [("Interval", interval)]),
        ("Output Size", "Full size" if params.get("outputsize") == "full" else "Compact"),
        ("Time Zone", "US/Eastern"),
    ]
    return {"Meta Data": {f"{number}. {name}": value for number, (name, value) in enumerate(lines, 1)}}
