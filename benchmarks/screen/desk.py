"""The desk of the benchmark: thirty symbols with a past, their parts and the server of a page."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.screen.painted import Commit
from benchmarks.staging.part import Part
from benchmarks.staging.stage import Stage, until
from benchmarks.start import is_served
from shared.embedded.ports import free_port

ACT = "screen"
SYMBOLS = 30
HISTORY = 180
"""Minutes of two quotes a symbol, which the chart shows first."""
CHARTED = "S00000"
MANY_QUOTES = 100_000_000
PARTS = {"storage": "consumer.consumer", "analytics": "analytics.analytics_consumer"}
PAGES = {"Tickstream": "start_dashboard", "tutorial": "benchmarks.screen.tutorial_page"}
NOTED = f"""
    create table shown_quotes (price double precision, received_time timestamptz);
    create function note_shown() returns trigger language plpgsql as $$ begin
        insert into shown_quotes values (new.price, new.received_time);
        return null;
    end $$;
    create trigger note_shown after insert or update on symbols for each row when (new.symbol = '{CHARTED}')
        execute function note_shown();
    select 1
"""
"""Every state of the charted symbol in the live view; the time of its commit is that of the row's transaction."""
COMMITS = """
    select coalesce(array_agg(array[extract(epoch from pg_xact_commit_timestamp(xmin))::float8, price,
        extract(epoch from received_time)::float8] order by ctid), '{}') from shown_quotes
"""
QUOTES = """
    select coalesce(array_agg(extract(epoch from received_time)::float8 order by received_time), '{}')
    from quotes where symbol = %s and received_time > to_timestamp(%s)
"""
READ = "select coalesce(sum(next_offset), 0)::bigint from progress"
SEARCHED = "select count(distinct symbol) from forecast_fits"


class ScreenDesk:
    """The running parts of the desk."""

    def __init__(self, on: Stage) -> None:
        on.prepare(ACT)
        on.row(ACT, NOTED)
        self.stage = on
        self.parts = {name: on.start(ACT, module) for name, module in PARTS.items()}
        until(lambda: on.row(ACT, "select count(*) from progress") == (8,), "the partitions are assigned")

    def load_history(self) -> None:
        """Publish the past of every symbol, and wait until it is read and its models are searched."""
        with self.trading(SYMBOLS):
            until(
                lambda: self.stage.row(ACT, READ)[0] > 2 * len(PARTS) * HISTORY * SYMBOLS, "the past is read"
            )
            until(lambda: self.stage.row(ACT, SEARCHED) == (SYMBOLS,), "the models are searched")

    @contextmanager
    def trading(self, rate: float, symbols: int = SYMBOLS) -> Iterator[None]:
        """Publish so many quotes a second of the first symbols while this is open; the first time the past comes
        before them."""
        is_first = self.stage.row(ACT, READ) == (0,)
        numbers = {"--quotes": MANY_QUOTES, "--rate": rate, "--symbols": symbols}
        numbers["--history"] = HISTORY if is_first else 0
        arguments = [str(each) for pair in numbers.items() for each in pair]
        read = self.stage.row(ACT, READ)
        producer = self.stage.start(ACT, "benchmarks.staging.quote_producer", *arguments)
        try:
            until(lambda: self.stage.row(ACT, READ) > read, "quotes are read")
            yield
        finally:
            producer.stopped()

    @contextmanager
    def page(self, name: str) -> Iterator[tuple[str, Part]]:
        """Serve a page of PAGES while this is open; gives its address and its server."""
        port = free_port()
        server = self.stage.start(ACT, PAGES[name], DASHBOARD_PORT=str(port))
        address = f"http://127.0.0.1:{port}"
        try:
            until(lambda: is_served(address), "the page is served")
            yield address, server
        finally:
            server.stopped()

    def commits(self) -> list[Commit]:
        """All states of the charted symbol in the live view, in order."""
        return [Commit(*each) for each in self.stage.row(ACT, COMMITS)[0]]

    def received(self, since: float) -> list[float]:
        """When the quotes of the charted symbol were received, in order, epoch seconds."""
        return list(self.stage.row(ACT, QUOTES, CHARTED, since)[0])
