"""The stand-in itself: both servers in one thread, with the market they serve."""

import asyncio
import socket
from collections.abc import Coroutine
from datetime import datetime
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server as StreamServer
from websockets.asyncio.server import serve

from tests.standin.alphavantage import AlphaVantageStandIn
from tests.standin.answers import Answer, Fault, Request
from tests.standin.binance import BinanceStandIn
from tests.standin.binance_stream import BinanceStreamStandIn
from tests.standin.coingecko import CoinGeckoStandIn
from tests.standin.finnhub import FinnhubStandIn, FinnhubStreamStandIn
from tests.standin.instrument import Instrument
from tests.standin.market import Day, Market, Trade
from tests.standin.streams import SILENT_LOGGER, StandInConnection, Streams
from tests.standin.web import Headers, Planned, Responder, Web
from tests.standin.yahoo import YahooStandIn
from tests.standin.yahoo_stream import YahooStreamStandIn

HOST = "127.0.0.1"
API_KEY = "stand-in-key"


class StandIn:
    """A server that uses the providers' protocols on 127.0.0.1, and fails on command.

    Made for `with`: it runs in a thread of its own from entry to exit. Every method may be called from any thread.
    `port` and the one after it are listened on; 0 takes any two that are free.
    """

    def __init__(self, market: Market, port: int = 0) -> None:
        self.market = market
        self._lock = Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="standin", daemon=True)
        self.yahoo = YahooStandIn(market)
        responders = {name: self._locked(respond) for name, respond in self._responders().items()}
        self._web = Web(responders, lambda: self.market.clock())
        dialects = YahooStreamStandIn(), BinanceStreamStandIn(), FinnhubStreamStandIn(market, API_KEY)
        self.streams = Streams(self._loop, dict(zip(("yahoo", "binance", "finnhub"), dialects, strict=True)))
        self._sockets = [_bound(port), _bound(port + 1 if port else 0)]
        self._ports = [taken.getsockname()[1] for taken in self._sockets]
        self._http: asyncio.Server | None = None
        self._websocket: StreamServer | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The settings with which Tickstream connects to this server: setting to value."""
        http, stream = (f"{HOST}:{port}" for port in self._ports)
        return {
            "YAHOO_URL": f"http://{http}/yahoo",
            "NEWS_URL": f"http://{http}/yahoo",
            "YAHOO_COOKIE_URL": f"http://{http}/cookie",
            "YAHOO_STREAM_URL": f"ws://{stream}/yahoo?version=2",
            "BINANCE_URL": f"http://{http}/binance",
            "BINANCE_STREAM_URL": f"ws://{stream}/binance",
            "COINGECKO_URL": f"http://{http}/coingecko",
            "ALPHAVANTAGE_URL": f"http://{http}/alphavantage",
            "ALPHAVANTAGE_API_KEY": API_KEY,
            "FINNHUB_URL": f"http://{http}/finnhub",
            "FINNHUB_STREAM_URL": f"ws://{stream}/finnhub",
            "FINNHUB_API_KEY": API_KEY,
        }

    @property
    def requests(self) -> list[Request]:
        """Every HTTP request so far."""
        return self._web.requests

    @property
    def connections(self) -> list[StandInConnection]:
        """Every WebSocket handshake so far, refused ones too."""
        return self.streams.connections

    def answer_with(self, fault: Fault, times: int | None = 1, path: str | None = None) -> None:
        """The next answers are these; `path` is a part of the address, such as "yahoo/v8" or "interval=1m".

        With `times` None all of them are, until `answer_normally`.
        """
        self._web.planned.append(Planned(fault, times, path))

    def answer_normally(self) -> None:
        """Forget the faults that are still to come."""
        self._web.planned.clear()

    def quote(
        self,
        name: str,
        price: float,
        size: float = 100.0,
        time: datetime | None = None,
        bid: float | None = None,
        ask: float | None = None,
        providers: tuple[str, ...] | None = None,
    ) -> Trade:
        """One trade of an instrument happens now, or at `time`: in streams, polled prices and history alike.

        `providers` are those whose streams send it; None is all.
        """
        with self._lock:
            trade, day = self.market.trade(name, price, size, time)
            trade = trade._replace(bid=bid, ask=ask)
            for provider in self.streams.dialects if providers is None else providers:
                self._publish(provider, self.market.instruments[name], trade, day)
        return trade

    def down(self) -> None:
        """Nothing listens any more, and every connection is reset."""
        self._wait_for(self._stop_listening())

    def up(self) -> None:
        """Listen again, at the same addresses."""
        self._wait_for(self._listen())

    def refuse(self, seconds: float) -> None:
        """Down at once, and up again by itself after so many seconds."""
        self.down()
        self._loop.call_soon_threadsafe(self._loop.call_later, seconds, self._come_back)

    def __enter__(self) -> Self:
        self._thread.start()
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
        self._wait_for(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for taken in self._sockets:
            taken.close()

    def _publish(self, provider: str, instrument: Instrument, trade: Trade, day: Day) -> None:
        """Send it to every stream that follows the instrument at this provider."""
        name = instrument.name_at(provider)
        if name is not None and self.streams.is_followed(provider, name):
            frame = self.streams.dialects[provider].frame(instrument, name, trade, day)
            self.streams.publish(provider, name, frame)

    def _responders(self) -> dict[str, Responder]:
        """Who answers HTTP requests, by the first part of the path."""
        return {
            "yahoo": self.yahoo.answer,
            "cookie": self.yahoo.hand_out_cookie,
            "binance": BinanceStandIn(self.market).answer,
            "coingecko": CoinGeckoStandIn(self.market).answer,
            "alphavantage": AlphaVantageStandIn(self.market, API_KEY).answer,
            "finnhub": FinnhubStandIn(self.market, API_KEY).answer,
        }

    def _locked(self, respond: Responder) -> Responder:
        """The same answers, while no trade happens."""

        def answer(request: Request, headers: Headers) -> Answer:
            with self._lock:
                return respond(request, headers)

        return answer

    def _come_back(self) -> None:
        self._returning = self._loop.create_task(self._listen())

    async def _listen(self) -> None:
        """Start both servers where they are not running."""
        if self._http is not None:
            return
        self._http = await asyncio.start_server(self._web.serve, sock=self._sockets[0])
        self._websocket = await serve(
            self.streams.serve,
            sock=self._sockets[1],
            process_request=self.streams.check_handshake,
            ping_interval=None,
            close_timeout=1,
            compression=None,
            logger=SILENT_LOGGER,
        )

    async def _stop_listening(self) -> None:
        """Stop both servers and keep their ports: bound to, but not listened on, so that clients are refused."""
        if self._http is None or self._websocket is None:
            return
        self._http.close()
        self._websocket.server.close()
        self._web.abort()
        self.streams.reset_all()
        self._http = self._websocket = None
        self._sockets = [_bound(port) for port in self._ports]

    def _wait_for(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _bound(port: int) -> socket.socket:
    """A socket that holds a port without listening on it."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((HOST, port))
    return taken


async def _end_tasks() -> None:
    """Cancel what still runs in the event loop and wait for its end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
