"""The pipeline as a process of its own, with all its parts and servers."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress

import psutil
import psycopg2

from shared.embedded import Kafka, Postgres
from shared.embedded.daemon import find
from shared.embedded.ports import free_port
from shared.runtime.supervision import NO_SETTINGS
from tests.integration.desk import PROJECT
from tests.slowness import slowness

PARTS = {
    *("producer.producer", "consumer.consumer", "analytics.analytics_consumer", "ml.trainer"),
    "start_dashboard.py",
}
STOP_SECONDS = 60.0
"""Of a busy machine; a free one takes three."""
IMPORT_SECONDS = 0.2
"""Younger than this no part tells of itself yet."""


class PipelineProcess:
    """The command at work on servers of the test's own."""

    def __init__(self, kafka: Kafka, postgres: Postgres, more: Mapping[str, str] = NO_SETTINGS) -> None:
        self.servers = (kafka, postgres)
        settings = {
            "TICKSTREAM_DATA": str(kafka.folder.parent),
            "EMBEDDED_KAFKA_PORT": str(kafka.port),
            "EMBEDDED_POSTGRES_PORT": str(postgres.port),
            "DASHBOARD_PORT": str(free_port()),
            "SOURCES": "simulated",
            "LOG_LEVEL": "WARNING",
        }
        self.process = subprocess.Popen(
            [sys.executable, "start_pipeline.py"],
            cwd=PROJECT,
            env={**os.environ, **settings, **more},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # as a terminal gives it a group of its own
        )

    def ctrl_c(self) -> str:
        """What it prints after Ctrl-C, which a terminal sends to the whole group. Raises TimeoutExpired."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.communicate(timeout=STOP_SECONDS * slowness())[1]

    def parts(self) -> dict[str, psutil.Process]:
        """The parts that run, by module or file."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it ended while we looked
                found.update(dict.fromkeys(set(child.cmdline()) & PARTS, child))
        return found

    def is_up(self) -> bool:
        """Whether every part runs, and those that send heartbeats do so from their present processes."""
        parts = self.parts()
        if parts.keys() != PARTS:
            return False
        youngest = max(process.create_time() for process in parts.values())
        query = "select count(distinct part) from parts where part in %s and extract(epoch from seen_at) > %s"
        return (
            self.counted(query, (("producer", "storage", "analytics", "trainer"), youngest + IMPORT_SECONDS))
            == 4
        )

    def counted(self, query: str, values: tuple[object, ...]) -> int:
        """What a query counts; nothing where the database is not there yet."""
        postgres = self.servers[1]
        if (record := find(postgres)) is None or not postgres.answers(record.port):
            return 0
        try:
            with closing(
                psycopg2.connect(postgres.dsn(record.port), dbname="stocks_simulated")
            ) as connection:
                cursor = connection.cursor()
                cursor.execute(query, values)
                return int((cursor.fetchone() or (0,))[0])
        except (psycopg2.OperationalError, psycopg2.errors.UndefinedTable):
            return 0

    def everything(self) -> list[psutil.Process]:
        """Every process of the pipeline and its servers."""
        records = [record for server in self.servers if (record := find(server))]
        return [*self.parts().values(), *(psutil.Process(record.pid) for record in records)]
