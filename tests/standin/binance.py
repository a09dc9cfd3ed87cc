"""Binance over HTTP: numbered trades, klines, tickers and listed pairs. Its stream is in binance_stream.py."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable

import msgspec

from tests.standin.answers import Answer, Request, json_answer
from tests.standin.instrument import Instrument
from tests.standin.market import DAY, FIRST_TRADE_ID, Market, Trade
from tests.standin.web import Headers

SECONDS = {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "1d": DAY}
_MOST = 1000
_Respond = Callable[[list[Instrument], bool], Answer]
_Rows = Iterable[tuple[float, ...]]


def text(number: float) -> str:
    """A number as Binance writes prices and quantities."""
    return f"{number:.8f}"


def error(code: int, message: str) -> Answer:
    """An error as Binance words it."""
    return json_answer({"code": code, "msg": message}, 400)


class BinanceStandIn:
    """Answers as Binance's public market data do; no key is wanted."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def answer(self, request: Request, headers: Headers) -> Answer:
        """Route by the path."""
        params = request.params
        if request.path == "/api/v3/exchangeInfo":
            return self._for_symbols(params, self._listing)
        if request.path == "/api/v3/ticker/24hr":
            return self._for_symbols(params, self._tickers)
        if request.path not in ("/api/v3/aggTrades", "/api/v3/klines"):
            return Answer(b"<html>404 Not found</html>", 404, "text/html")
        if "symbol" not in params:
            return error(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
        instrument = self._market.find("binance", params["symbol"])
        if instrument is None:
            return error(-1121, "Invalid symbol.")
        trades = request.path == "/api/v3/aggTrades"
        return self._trades(instrument, params) if trades else self._klines(instrument, params)

    def _for_symbols(self, params: dict[str, str], respond: _Respond) -> Answer:
        """Answer for `symbol`, for the JSON list `symbols`, or for everything."""
        traded = [one for one in self._market.instruments.values() if one.name_at("binance")]
        if "symbol" in params or "symbols" in params:
            names = msgspec.json.decode(params.get("symbols", f'["{params.get("symbol")}"]'), type=list[str])
            found = [self._market.find("binance", name) for name in names]
            traded = [one for one in found if one is not None]
            if len(traded) < len(names):
                return error(-1121, "Invalid symbol.")
        return respond(traded, "symbol" in params)

    def _trades(self, instrument: Instrument, params: dict[str, str]) -> Answer:
        """/api/v3/aggTrades: live trades from a number or a time on, or the last ones."""
        tape, limit = self._market.tape(instrument.name), _limit(params)
        begin, end = 0, len(tape.times)
        if "endTime" in params:
            end = bisect_right(tape.times, int(params["endTime"]))
        if "fromId" in params:
            begin = max(0, int(params["fromId"]) - FIRST_TRADE_ID)
        elif "startTime" in params:
            begin = bisect_left(tape.times, int(params["startTime"]))
        else:
            begin = max(0, end - limit)
        chosen = range(begin, min(end, begin + limit))
        return json_answer([_wire(tape.trade(index)) for index in chosen])

    def _klines(self, instrument: Instrument, params: dict[str, str]) -> Answer:
        """/api/v3/klines: the first `limit` bars from a time on, or the last ones."""
        if params.get("interval") not in SECONDS:
            return error(-1120, "Invalid interval.")
        seconds, limit = SECONDS[params["interval"]], _limit(params)
        end = int(params["endTime"]) / 1000 + 0.001 if "endTime" in params else self._market.clock()
        start = int(params["startTime"]) / 1000 if "startTime" in params else end - limit * seconds
        end = min(end, start + (limit + 1) * seconds)
        bars = self._market.bars(instrument.name, seconds, start, end)
        return json_answer(_kline_rows(bars.start.tolist(), zip(*bars[1:], strict=True), seconds)[:limit])

    def _tickers(self, instruments: list[Instrument], single: bool) -> Answer:
        """/api/v3/ticker/24hr; here the day is that of UTC."""
        tickers = [self._ticker(instrument) for instrument in instruments]
        return json_answer(tickers[0] if single else tickers)

    def _ticker(self, instrument: Instrument) -> dict[str, object]:
        """One ticker."""
        day, tape = self._market.day(instrument.name), self._market.tape(instrument.name)
        figures = {
            "priceChange": day.price - day.previous_close,
            "priceChangePercent": 100 * (day.price / day.previous_close - 1),
            "prevClosePrice": day.previous_close,
            "lastPrice": day.price,
            "lastQty": tape.sizes[-1] if tape.sizes else 0.0,
            "bidPrice": day.price - 0.01,
            "askPrice": day.price + 0.01,
            "openPrice": day.open,
            "highPrice": day.high,
            "lowPrice": day.low,
            "volume": day.volume,
        }
        return {
            "symbol": instrument.name_at("binance"),
            **{key: text(value) for key, value in figures.items()},
            "openTime": day.opens * 1000,
            "closeTime": round(day.time * 1000),
            "firstId": FIRST_TRADE_ID,
            "lastId": FIRST_TRADE_ID + len(tape.times) - 1,
            "count": len(tape.times),
        }

    def _listing(self, instruments: list[Instrument], single: bool) -> Answer:
        """/api/v3/exchangeInfo."""
        now = round(self._market.clock() * 1000)
        symbols = [_listed(instrument) for instrument in instruments]
        return json_answer({"timezone": "UTC", "serverTime": now, "rateLimits": [], "symbols": symbols})


def _limit(params: dict[str, str]) -> int:
    return min(int(params.get("limit", 500)), _MOST)


def _wire(trade: Trade) -> dict[str, object]:
    """A trade as /api/v3/aggTrades has it."""
    return {
        "a": trade.trade_id,
        "p": text(trade.price),
        "q": text(trade.size),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": trade.time,
        "m": False,
        "M": True,
    }


def _kline_rows(starts: list[int], rows: _Rows, seconds: int) -> list[list[object]]:
    """Bars as Binance has them; one without trades repeats the close before it."""
    klines: list[list[object]] = []
    before = float("nan")
    for start, (first, high, low, last, volume) in zip(starts, rows, strict=True):
        prices = [first, high, low, last] if volume == volume else [before] * 4
        before, traded = prices[3], volume if volume == volume else 0.0
        if before != before:  # nothing has traded yet
            continue
        ends = (start + seconds) * 1000 - 1
        amounts = [text(traded * before), 1, "0", "0", "0"]
        klines.append([start * 1000, *map(text, prices), text(traded), ends, *amounts])
    return klines


def _listed(instrument: Instrument) -> dict[str, object]:
    """One symbol of what is listed."""
    name, base = instrument.name_at("binance") or "", instrument.name.split("-")[0]
    steps = text(10.0**-instrument.decimals), text(10.0**-instrument.size_decimals)
    return {
        "symbol": name,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": name.removeprefix(base),
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "isSpotTradingAllowed": True,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": steps[0],
                "maxPrice": "1000000.00000000",
                "tickSize": steps[0],
            },
            {"filterType": "LOT_SIZE", "minQty": steps[1], "maxQty": "9000.00000000", "stepSize": steps[1]},
        ],
    }
