"""CoinGecko: the price of a coin, and its description."""

from datetime import UTC, datetime

from tests.standin.answers import Answer, Request, json_answer
from tests.standin.instrument import Instrument
from tests.standin.market import Market
from tests.standin.web import Headers


class CoinGeckoStandIn:
    """Answers as CoinGecko's public service does; it knows coins by ids such as `bitcoin`."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def answer(self, request: Request, headers: Headers) -> Answer:
        """Route by the path."""
        if request.path == "/simple/price":
            return self._prices(request.params)
        if request.path.startswith("/coins/"):
            return self._coin(request.path.removeprefix("/coins/"))
        return json_answer({"error": "Incorrect path. Please check https://docs.coingecko.com/"}, 404)

    def _prices(self, params: dict[str, str]) -> Answer:
        """/simple/price: coins and currencies that are unknown are left out."""
        found = {name: self._market.find("coingecko", name) for name in params.get("ids", "").split(",")}
        coins = {name: self._price(coin, params) for name, coin in found.items() if coin is not None}
        return json_answer(coins)

    def _price(self, coin: Instrument, params: dict[str, str]) -> dict[str, float]:
        """One coin, with what was asked to be included."""
        day, currency = self._market.day(coin.name), coin.currency.lower()
        if currency not in params.get("vs_currencies", "").split(","):
            return {}
        change = 100 * (day.price / day.previous_close - 1)
        extras = {
            "include_24hr_vol": (f"{currency}_24h_vol", day.volume * day.price),
            "include_24hr_change": (f"{currency}_24h_change", change),
            "include_last_updated_at": ("last_updated_at", int(day.time)),
        }
        asked = dict(extra for name, extra in extras.items() if params.get(name) == "true")
        return {currency: day.price, **asked}

    def _coin(self, name: str) -> Answer:
        """/coins/<id>."""
        coin = self._market.find("coingecko", name)
        if coin is None:
            return json_answer({"error": "coin not found"}, 404)
        day, currency = self._market.day(coin.name), coin.currency.lower()
        prices = {"current_price": day.price, "high_24h": day.high, "low_24h": day.low}
        updated = datetime.fromtimestamp(day.time, UTC).isoformat(timespec="milliseconds")
        body = {
            "id": name,
            "symbol": coin.name.split("-")[0].lower(),
            "name": coin.long_name.split()[0],
            "categories": ["Cryptocurrency"],
            "market_data": {key: {currency: price} for key, price in prices.items()},
            "last_updated": updated.replace("+00:00", "Z"),
        }
        return json_answer(body)
