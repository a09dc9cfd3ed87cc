"""Yahoo over HTTP: cookie and crumb, quotes, and company data. Charts are in yahoo_chart.py."""

from typing import Any

import msgspec

from tests.standin.answers import HTML, Answer, Request, json_answer
from tests.standin.instrument import Instrument
from tests.standin.market import Day, Market
from tests.standin.web import Headers
from tests.standin.yahoo_chart import FIRST_TRADE, chart

MARKET_STATES = {"pre": "PRE", "regular": "REGULAR", "post": "POST", "closed": "CLOSED"}
SOURCES = {False: "Nasdaq Real Time Price", True: "Delayed Quote"}


class YahooStandIn:
    """Answers as Yahoo does. Quotes and companies want the cookie and the crumb; charts want neither."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._visit = 1
        self.news: dict[str, list[object]] = {}
        """The elements of the answer about each name, newest first."""

    def expire(self) -> None:
        """Cookie and crumb handed out so far are worth nothing any more."""
        self._visit += 1

    def hand_out_cookie(self, request: Request, headers: Headers) -> Answer:
        """Where cookies come from: a 404 that sets one."""
        cookie = f"A3=standin{self._visit}; Path=/; Max-Age=31557600; HttpOnly"
        return Answer(b"<html>404</html>", 404, HTML, (("Set-Cookie", cookie),))

    def answer(self, request: Request, headers: Headers) -> Answer:
        """Route by the path."""
        path, params = request.path, request.params
        if path.startswith("/v8/finance/chart/"):
            return chart(self._market, path.removeprefix("/v8/finance/chart/"), params)
        has_cookie = f"A3=standin{self._visit}" in headers.get("cookie", "")
        if path == "/v1/test/getcrumb":
            return self._give_crumb(has_cookie)
        if path == "/v7/finance/quote":
            return self._refused(has_cookie, params) or self._quotes(params)
        if path.startswith("/v10/finance/quoteSummary/"):
            name = path.removeprefix("/v10/finance/quoteSummary/")
            return self._refused(has_cookie, params) or self._summary(name, params)
        if path == "/xhr/ncp" and params.get("queryRef") == "latestNews":
            return self._news(msgspec.json.decode(request.body), has_cookie)
        return _error("finance", 404, "Not Found", "HTTP 404 Not Found")

    def _news(self, wanted: Any, has_cookie: bool) -> Answer:
        """/xhr/ncp: the newest stories about the first name, for every client with the cookie."""
        if not has_cookie:
            return _error("finance", 401, "Unauthorized", "Invalid Cookie")
        service = wanted["serviceConfig"]
        found = self.news.get(service["s"][0], [])[: service["snippetCount"]]
        return json_answer({"data": {"tickerStream": {"stream": found}}, "status": "OK"})

    @property
    def _crumb(self) -> str:
        return f"crumb.{self._visit}/x"

    def _give_crumb(self, has_cookie: bool) -> Answer:
        """The crumb as plain text, for every client with the cookie."""
        if not has_cookie:
            return _error("finance", 401, "Unauthorized", "Invalid Cookie")
        return Answer(self._crumb.encode(), content_type="text/plain;charset=utf-8")

    def _refused(self, has_cookie: bool, params: dict[str, str]) -> Answer | None:
        """401 without the right cookie and crumb."""
        if "crumb" not in params:
            reason = "User is unable to access this feature - https://bit.ly/yahoo-finance-api-feedback"
            return _error("finance", 401, "Unauthorized", reason)
        if not has_cookie or params["crumb"] != self._crumb:
            return _error("finance", 401, "Unauthorized", "Invalid Crumb")
        return None

    def _quotes(self, params: dict[str, str]) -> Answer:
        """/v7/finance/quote: those of the names that are known."""
        found = (self._market.find("yahoo", name) for name in params.get("symbols", "").split(","))
        quotes = [quote(self._market, instrument) for instrument in found if instrument is not None]
        return json_answer({"quoteResponse": {"result": quotes, "error": None}})

    def _summary(self, name: str, params: dict[str, str]) -> Answer:
        """/v10/finance/quoteSummary/<name>: the modules there are."""
        instrument = self._market.find("yahoo", name)
        if instrument is None:
            return _error("quoteSummary", 404, "Not Found", f"Quote not found for symbol: {name}")
        wanted = params.get("modules", "").split(",")
        modules = {"price": _price(self._market, instrument), "quoteType": _quote_type(instrument)}
        if instrument.sector:
            modules["assetProfile"] = _profile(instrument)
        given = {module: modules[module] for module in wanted if module in modules}
        if not given:
            asked = ",".join(wanted)
            reason = f"No fundamentals data found for any of the summaryTypes={asked}"
            return _error("quoteSummary", 404, "Not Found", reason)
        return json_answer({"quoteSummary": {"result": [given], "error": None}})


def story(
    title: object, published: object, publisher: str = "Newswire", link: str = "https://news.example/1"
) -> object:
    """An element of an answer with news, as Yahoo sends it; any value may be of another kind."""
    content = {
        "id": "0f5ad7b0-0000-3000-8000-000000000000",
        "contentType": "STORY",
        "title": title,
        "pubDate": published,
        "provider": {"displayName": publisher, "url": "https://news.example"},
        "canonicalUrl": {"url": link, "site": "finance", "region": "US", "lang": "en-US"},
    }
    return {"id": "0f5ad7b0-0000-3000-8000-000000000000", "content": content}


def _error(kind: str, status: int, code: str, description: str) -> Answer:
    return json_answer({kind: {"result": None, "error": {"code": code, "description": description}}}, status)


def _regular(market: Market, instrument: Instrument) -> dict[str, object]:
    """The fields of the latest session in every answer; percentages differ, so they are not here."""
    day = market.day(instrument.name)
    session = instrument.sessions.at(int(market.clock())).name
    return {
        **_figures(day, instrument.decimals, is_after=session == "post"),
        "regularMarketTime": int(min(day.time, day.closes)),
        "regularMarketVolume": int(day.volume),
        "marketState": MARKET_STATES[session],
        "quoteType": instrument.quote_type,
        "symbol": instrument.name_at("yahoo"),
        "shortName": instrument.long_name,
        "longName": instrument.long_name,
        "currency": instrument.currency,
        "exchange": instrument.exchange,
        "exchangeDataDelayedBy": instrument.delay,
        "quoteSourceName": SOURCES[bool(instrument.delay)],
        "priceHint": 2,
    }


def _figures(day: Day, decimals: int, is_after: bool) -> dict[str, float]:
    """The day's prices; what was paid since its close stands apart."""
    figures = {
        "regularMarketPrice": day.close,
        "regularMarketChange": day.close - day.previous_close,
        "regularMarketOpen": day.open,
        "regularMarketDayHigh": day.high,
        "regularMarketDayLow": day.low,
        "regularMarketPreviousClose": day.previous_close,
    }
    if is_after and day.time > day.closes:
        figures["postMarketPrice"] = day.price
    return {name: round(price, decimals) for name, price in figures.items()}


def quote(market: Market, instrument: Instrument) -> dict[str, object]:
    """One element of a quote's answer."""
    day = market.day(instrument.name)
    return {
        "language": "en-US",
        "region": "US",
        **_regular(market, instrument),
        "regularMarketChangePercent": 100 * (day.close / day.previous_close - 1),
        "exchangeTimezoneName": str(instrument.sessions.zone),
        "fullExchangeName": instrument.exchange_name,
        "bid": round(day.close * 0.9999, instrument.decimals),
        "ask": round(day.close * 1.0001, instrument.decimals),
        "bidSize": 1,
        "askSize": 2,
        "corporateActions": [],
        "sourceInterval": 15,
        "firstTradeDateMilliseconds": FIRST_TRADE * 1000,
        "hasPrePostMarketData": instrument.has_extended_hours,
    }


def _price(market: Market, instrument: Instrument) -> dict[str, object]:
    """The module `price`; here a percentage is a share of one."""
    day = market.day(instrument.name)
    return {
        "maxAge": 1,
        **_regular(market, instrument),
        "regularMarketChangePercent": day.close / day.previous_close - 1,
        "exchangeName": instrument.exchange_name,
        "underlyingSymbol": None,
    }


def _quote_type(instrument: Instrument) -> dict[str, object]:
    """The module `quoteType`."""
    return {
        "exchange": instrument.exchange,
        "quoteType": instrument.quote_type,
        "symbol": instrument.name_at("yahoo"),
        "shortName": instrument.long_name,
        "longName": instrument.long_name,
        "firstTradeDateEpochUtc": FIRST_TRADE,
        "timeZoneFullName": str(instrument.sessions.zone),
        "maxAge": 1,
    }


def _profile(instrument: Instrument) -> dict[str, object]:
    """The module `assetProfile`; coins have none."""
    return {"industry": instrument.industry, "sector": instrument.sector, "maxAge": 86_400}
