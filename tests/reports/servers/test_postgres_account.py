"""The rights of the embedded PostgreSQL on this machine, and the access of other users to its data."""

import os
import pwd
import shlex
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg2
import pytest

from shared.embedded import Postgres, lease_postgres, postgres_in
from shared.embedded.daemon import ServerRecord
from shared.embedded.lease import lease, release
from shared.embedded.ports import free_port
from shared.embedded.postgres import account
from shared.errors import ConfigError
from shared.files.private_files import make_private
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE

SSL_REQUEST, CLEARTEXT_PASSWORD = 80877103, 3
"""Codes of PostgreSQL's protocol."""
needs_root = pytest.mark.skipif(not account.is_needed(), reason="only root gives PostgreSQL another account")


def rights(record: ServerRecord) -> dict[str, list[str]]:
    """The system's status of the server's process."""
    lines = Path(f"/proc/{record.pid}/status").read_text().splitlines()
    return {name: values.split() for name, _, values in (line.partition(":") for line in lines)}


def asked(server: Postgres, record: ServerRecord, statement: str) -> Any:
    """The first value that a statement of the superuser gives."""
    with closing(psycopg2.connect(server.dsn(record.port))) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()
        return next(iter(cursor.fetchall()[0])) if cursor.description else None


def given(folder: Path, owner: tuple[int, int]) -> None:
    """Let somebody own a folder and what is in it."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *owner, follow_symlinks=False)


def test_server_has_an_account_of_its_own_without_any_right(spare_postgres: Postgres) -> None:
    """Scenario: as root it ran as `nobody`, with the right to read every file of the machine."""
    with lease(spare_postgres, silent) as record:
        found = rights(record)
    assert {*found["CapEff"], *found["CapPrm"], *found["CapInh"], *found["CapAmb"]} == {"0" * 16}
    assert "0" not in found["Uid"] + found["Gid"]
    if account.is_needed():
        assert (found["CapBnd"], found["NoNewPrivs"], found["Groups"]) == (["0" * 16], ["1"], [])
        (number,) = {*found["Uid"]}
        assert int(number) not in {entry.pw_uid for entry in pwd.getpwall()}


def test_password_is_not_sent_to_another_process_at_the_port_of_the_server(
    spare_postgres: Postgres,
) -> None:
    """Scenario: the server is down for a moment, and another user of the machine takes its port and asks every client
    for the password in the clear; with it the real server, up again, would do anything for that user."""
    with lease(spare_postgres, silent):
        pass
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as port:
        thread = Thread(target=ask_for_password, args=(port, received))
        thread.start()
        with pytest.raises(psycopg2.OperationalError, match="requirement"):
            psycopg2.connect(spare_postgres.dsn(port.getsockname()[1]))
        thread.join(PATIENCE)
    assert received == [b""]


def test_missing_password_is_named_with_what_to_do(spare_postgres: Postgres) -> None:
    """Scenario: the file was deleted, or a copy was restored without it: each part ended with a traceback at every
    start."""
    with lease(spare_postgres, silent):
        kept = spare_postgres.login_file.read_text()
    spare_postgres.login_file.unlink()
    with (
        pytest.raises(ConfigError, match=r"password is missing.*restore the file"),
        lease_postgres(spare_postgres.folder.parent, silent, spare_postgres.port),
    ):
        pass
    spare_postgres.login_file.write_text(kept)
    with lease(spare_postgres, silent) as record:
        assert asked(spare_postgres, record, "select 1") == 1


def ask_for_password(port: socket.socket, received: list[bytes]) -> None:
    """What an impostor does: no encryption, and a request for the password as it is."""
    connection, _ = port.accept()
    with connection:
        (_, code) = struct.unpack(">ii", connection.recv(8))
        if code == SSL_REQUEST:
            connection.sendall(b"N")
        connection.recv(4096)
        connection.sendall(struct.pack(">cii", b"R", 8, CLEARTEXT_PASSWORD))
        received.append(connection.recv(4096))


@pytest.mark.parametrize(
    "statement", ["select pg_read_file(%s)", "copy (select 1) to program %s"], ids=["read", "cat"]
)
@pytest.mark.parametrize("path", ["/etc/shadow", "password"])
def test_superuser_of_the_database_reads_no_file_of_the_machine(
    statement: str, path: str, spare_postgres: Postgres
) -> None:
    """Scenario: `select pg_read_file('/etc/shadow')`, or the password that lies beside the data."""
    if not account.is_needed():
        path = "/etc/shadow"  # the server of an ordinary user reads what that user reads
    with lease(spare_postgres, silent) as record:
        place = path if path.startswith("/") else str(spare_postgres.login_file)
        given = shlex.join(["cat", place]) if "program" in statement else place
        with pytest.raises(psycopg2.Error, match=r"[Pp]ermission denied|program .* failed"):
            asked(spare_postgres, record, statement.replace("%s", "'" + given.replace("'", "''") + "'"))


def test_password_that_everybody_may_read_is_closed_at_the_next_start(spare_postgres: Postgres) -> None:
    """Scenario: brought back from a copy without its mode."""
    with lease(spare_postgres, silent):
        pass
    release(spare_postgres, silent, now=True)
    spare_postgres.login_file.chmod(0o644)
    with lease(spare_postgres, silent):
        assert spare_postgres.login_file.stat().st_mode & 0o777 == 0o600


def test_other_users_enter_neither_the_data_folder_nor_the_folders_of_the_servers(tmp_path: Path) -> None:
    """Scenario: .tickstream of a version before, which everybody could enter."""
    data = tmp_path / "data"
    server = postgres_in(data, free_port())
    server.folder.mkdir(parents=True)
    for folder in (data, server.folder):
        folder.chmod(0o755)
    with lease(server, silent):
        modes = {folder.stat().st_mode & 0o777 for folder in (data, server.folder)}
    assert modes == ({0o710} if account.is_needed() else {0o700})
    assert server.data.stat().st_mode & 0o777 == 0o700
    assert data.stat().st_gid not in {entry.pw_gid for entry in pwd.getpwall()} or not account.is_needed()


def test_folder_that_is_for_everybody_is_not_taken(tmp_path: Path) -> None:
    """Scenario: TICKSTREAM_DATA=/tmp, which nobody else could use any more."""
    tmp_path.chmod(0o1777)
    with pytest.raises(ConfigError, match="a separate folder below it"):
        make_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


@needs_root
@pytest.mark.parametrize("owner", ["nobody", "root"])
def test_data_of_the_version_before_open_and_go_on(owner: str, tmp_path: Path) -> None:
    """Scenario: an update where `nobody` owned the data, or where somebody gave them to root."""
    server = postgres_in(tmp_path / "data", free_port())
    with lease(server, silent) as record:
        asked(server, record, "create table kept as select 42 as answer")
    entry = pwd.getpwnam(owner)
    given(server.data, (entry.pw_uid, entry.pw_gid))
    for folder in (server.folder, server.folder.parent):
        os.chown(folder, 0, 0)
        folder.chmod(0o755)
    with lease(server, silent) as record:
        assert asked(server, record, "select answer from kept") == 42
        assert int(rights(record)["Uid"][0]) == server.data.stat().st_uid not in (0, entry.pw_uid)


@pytest.fixture
def without_access(tmp_path: Path) -> Iterator[Postgres]:
    """A PostgreSQL below a folder that only root enters; what lies elsewhere is removed afterwards."""
    (tmp_path / "home").mkdir(mode=0o700)
    server = postgres_in(tmp_path / "home" / "data", free_port())
    yield server
    release(server, silent, now=True)
    if server.place.is_symlink():
        shutil.rmtree(server.data.parent)


@needs_root
def test_data_that_the_account_cannot_reach_move_to_where_it_can(without_access: Postgres) -> None:
    """Scenario: a project in /root, which the version before entered by the right to enter anything."""
    server = without_access
    home = server.folder.parent.parent
    home.chmod(0o711)
    with lease(server, silent) as record:
        asked(server, record, "create table kept as select 42 as answer")
    home.chmod(0o700)
    reports: list[str] = []
    with lease(server, reports.append) as record:
        assert asked(server, record, "select answer from kept") == 42
    assert server.data.is_relative_to(account.PLACE)
    assert any(f"moving its data to {server.data}" in sentence for sentence in reports)
    with lease(server, silent) as record:
        assert asked(server, record, "select answer from kept") == 42


@needs_root
def test_move_that_was_killed_midway_is_completed(without_access: Postgres) -> None:
    """Scenario: killed between the two renames of the move."""
    server = without_access
    with lease(server, silent) as record:
        asked(server, record, "create table kept as select 42 as answer")
    made = server.data
    server.place.unlink()
    shutil.copytree(made, server.folder / "data.moved", symlinks=True)
    given(server.folder / "data.moved", (made.stat().st_uid, made.stat().st_gid))
    shutil.rmtree(made.parent)
    with lease(server, silent) as record:
        assert asked(server, record, "select answer from kept") == 42
    assert not (server.folder / "data.moved").exists()


@needs_root
def test_no_two_installations_get_one_number_whether_their_servers_run_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario: the numbers of servers that do not run were given again by chance, and with them their data."""
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for folder in (first, second, third):
        folder.mkdir()
    monkeypatch.setattr(account, "PLACE", tmp_path / "place")
    monkeypatch.setattr(account, "NUMBERS", range(account.NUMBERS.start, account.NUMBERS.start + 2))
    number = account.new_account(first)
    assert account.new_account(first) == number
    assert account.new_account(second) != number
    with pytest.raises(ConfigError, match="no user id is free"):
        account.new_account(third)
    first.rmdir()
    assert account.new_account(third) == number


@needs_root
def test_copy_of_an_installation_gets_an_account_of_its_own(tmp_path: Path) -> None:
    """Scenario: `cp -a` of the data folder of a server that does not run; one that is moved keeps its account."""
    server = postgres_in(tmp_path / "data", free_port())
    with lease(server, silent) as record:
        asked(server, record, "create table kept as select 42 as answer")
    subprocess.run(["cp", "-a", str(tmp_path / "data"), str(tmp_path / "copy")], check=True)
    before = server.data.stat().st_uid
    copy = postgres_in(tmp_path / "copy", free_port())
    with lease(copy, silent) as record:
        assert asked(copy, record, "select answer from kept") == 42
        assert int(rights(record)["Uid"][0]) == copy.data.stat().st_uid != before
    (tmp_path / "data").rename(tmp_path / "moved")
    moved = postgres_in(tmp_path / "moved", free_port())
    with lease(moved, silent) as record:
        assert asked(moved, record, "select answer from kept") == 42
    assert moved.data.stat().st_uid == before


@needs_root
def test_programs_that_the_account_cannot_reach_are_copied_once(tmp_path: Path) -> None:
    """Scenario: the project's environment is in /root too."""
    programs = tmp_path / "home" / "pginstall"
    (programs / "bin").mkdir(parents=True)
    (programs / "bin" / "postgres").write_text("#!/bin/sh\n")
    (programs / "bin" / "postgres").chmod(0o700)
    version = f"test-{os.getpid()}"
    copy = account.reachable(account.new_account(tmp_path), programs, version)
    assert copy == account.PLACE / f"programs-{version}"
    assert (copy / "bin" / "postgres").stat().st_mode & 0o777 == 0o755
    assert account.reachable(account.new_account(tmp_path), programs, version) == copy
    shutil.rmtree(copy)
