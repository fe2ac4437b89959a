"""What is wrong is said in words, whatever it is, and nothing that is secret with it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from anagram_plugin_sql import SqlOptions, make
from anagram_plugin_sql.address import masked, parsed
from command import anagram
from pipeline_optimization.errors import OptionError, SinkError
from private_postgresql import PostgreSQL
from sql_database import RUN, Database


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table": " "}, "needs a table: sql:TABLE"),
        ({"url": "nonsense:secret@host"}, "cannot read its url. Write sqlite:///FILE or postgresql://USER@HOST"),
        ({"url": "postgresql://u:secret@host:port/x"}, "cannot read its url"),
        ({"url": ""}, "cannot read its url"),
        ({"url": "mysql://u:secret@host/x"}, "knows no database 'mysql'"),
        ({"url": "sqlite://"}, "in memory ends with the run"),
        ({"url": "sqlite:///:memory:"}, "in memory ends with the run"),
    ],
)
def test_wrong_options(options: dict[str, str], message: str) -> None:
    """They are refused before anything runs."""
    with pytest.raises(OptionError, match=message) as caught:
        make(SqlOptions(**{"table": "rows", **options}))
    assert "secret" not in str(caught.value)


def test_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg, a message says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        OptionError, match=r"needs a driver for PostgreSQL.*pip install 'anagram-plugin-sql\[postgresql\]'"
    ):
        make(SqlOptions(table="rows", url="postgresql://host/x"))


def test_masked() -> None:
    """What is secret in a URL does not stand in its name, wherever it stands in it."""
    url = parsed("postgresql://ann:geheim%40@host:5/db?sslpassword=verborgen&application_name=x&password=leise")
    assert masked(url) == "postgresql://ann:***@host:5/db?application_name=x&password=***&sslpassword=***"


def test_missing_directory(tmp_path: Path) -> None:
    """A file of SQLite that cannot be made is named."""
    with pytest.raises(
        SinkError, match=r"Cannot connect to sqlite:///.*no/x.db: unable to open.*The directory must exist"
    ):
        Database(f"sqlite:///{tmp_path}/no/x.db").opened()


def test_file_of_another_kind(tmp_path: Path) -> None:
    """A file that is no database is left as it is."""
    file = tmp_path / "x.db"
    file.write_text("a,b\n" * 500)
    with pytest.raises(SinkError, match=r"file is not a database. Name another file"):
        Database(f"sqlite:///{file}").opened()
    assert file.read_text() == "a,b\n" * 500


def test_missing_tables(database: Database) -> None:
    """With mode=require, a table that is not there is an error that names those that are."""
    with pytest.raises(
        SinkError, match=r"There is no table 'rows'\. There is none\. Without mode=require it is created"
    ):
        database.opened(mode="require")
    database.execute("CREATE TABLE customers (id integer)", "CREATE TABLE orders (id integer)")
    with pytest.raises(
        SinkError, match=r"no table 'costumers'. Did you mean 'customers'. There are: customers, orders"
    ):
        database.opened("costumers", mode="require")


@pytest.fixture
def _small_disk() -> Iterator[None]:
    """Let files of SQLite have 40 pages, as if the disk were full then."""

    def limit(connection: sqlite3.Connection, entry: object) -> None:
        connection.execute("PRAGMA max_page_count = 40")

    event.listen(Engine, "connect", limit)
    yield
    event.remove(Engine, "connect", limit)


@pytest.mark.usefixtures("_small_disk")
def test_full_disk(lite: Database) -> None:
    """A delivery that has no room is an error and no refused row; what was delivered before is kept, and resumed."""
    sink = lite.opened()
    sink.deliver(1, [{"text": "x"}])
    with pytest.raises(SinkError, match=r"database or disk is full. Make room on the disk, then resume") as caught:
        sink.deliver(2, [{"text": "x" * 1000}] * 1000)
    assert not caught.value.is_transient
    sink.close(is_complete=False)
    assert lite.sink().open(RUN) == 1
    assert lite.execute("SELECT * FROM rows") == [("x",)]


def test_locked_file(lite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another program writes to is an error that may pass."""
    monkeypatch.setattr("anagram_plugin_sql.address.LOCK_SECONDS", 0.01)
    sink = lite.opened()
    other = sqlite3.connect(lite.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SinkError, match=r"database is locked. Another program holds the file") as caught:
        sink.deliver(1, [{"id": 1}])
    assert caught.value.is_transient
    other.close()
    sink.deliver(1, [{"id": 1}])


@pytest.mark.postgresql
def test_wrong_hosts_and_names(server: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot be reached is told at once, by name, without the password."""
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "5")
    port = server.url.rpartition(":")[2].partition("/")[0]
    wrong = {
        "postgresql://u:geheim@no-such-host.invalid/x": r"Cannot connect to postgresql://u:\*\*\*@no-such-host.invalid/x: .*no-such-host",
        "postgresql://u:geheim@127.0.0.1:1/x": "(?i)refused",
        f"postgresql://anagram:geheim@127.0.0.1:{port}/nowhere": 'database "nowhere" does not exist',
        f"postgresql://nobody:geheim@127.0.0.1:{port}/postgres": 'role "nobody" does not exist',
    }
    for url, message in wrong.items():
        with pytest.raises(SinkError, match=message) as caught:
            Database(url).opened()
        assert "geheim" not in str(caught.value)
        assert not caught.value.is_transient
        assert "\n" not in str(caught.value)


@pytest.mark.postgresql
def test_wrong_password(server: PostgreSQL, served: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is wrong is refused without being told; the right one may come from the environment."""
    served.execute(
        "DROP ROLE IF EXISTS locked",
        "CREATE ROLE locked LOGIN PASSWORD 'offen'",
        "GRANT ALL ON SCHEMA public TO locked",
    )
    with server.asking_for_passwords("locked"):
        url = served.url.replace("anagram@", "locked:geheim@")
        with pytest.raises(SinkError, match=r'password authentication failed for user "locked"') as caught:
            Database(url).opened()
        assert "geheim" not in str(caught.value)
        monkeypatch.setenv("PGPASSWORD", "offen")
        Database(served.url.replace("anagram@", "locked@")).opened().deliver(1, [{"id": 1}])
    assert served.execute("SELECT id FROM rows") == [(1,)]
    served.execute("DROP OWNED BY locked", "DROP ROLE locked")


@pytest.mark.postgresql
def test_missing_rights(served: Database) -> None:
    """Who may not create the table of deliveries is told the statement; who may not insert quarantines no row."""
    served.execute("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN", "CREATE TABLE rows (id integer)", "REVOKE ALL ON SCHEMA public FROM guest",
                   "GRANT USAGE ON SCHEMA public TO guest", "GRANT SELECT ON rows TO guest")  # fmt: skip
    guest = Database(served.url.replace("anagram@", "guest@"))
    with pytest.raises(
        SinkError, match=r"Let somebody with the right create it: (?P<statement>CREATE TABLE.*);"
    ) as caught:
        guest.opened()
    statement = str(caught.value).partition("create it: ")[2]
    served.execute(statement, "GRANT SELECT, INSERT, UPDATE ON anagram_deliveries TO guest")
    with pytest.raises(SinkError, match=r"permission denied for table rows. Grant the rights"):
        guest.opened().deliver(1, [{"id": 1}])
    served.execute("DROP OWNED BY guest", "DROP ROLE guest")


@pytest.mark.postgresql
def test_servers_that_stop(server: PostgreSQL, served: Database) -> None:
    """A server that goes away is an error that may pass; when it is back, the same sink goes on, each row once."""
    sink = served.opened()
    sink.deliver(1, [{"id": 1}])
    server.kill()
    try:
        for _ in range(2):
            with pytest.raises(SinkError) as caught:
                sink.deliver(2, [{"id": 2}])
            assert caught.value.is_transient
    finally:
        server.start()
    sink.deliver(2, [{"id": 2}])
    assert served.execute("SELECT id FROM rows ORDER BY id") == [(1,), (2,)]


@pytest.mark.postgresql
def test_lost_transaction(server: PostgreSQL, served: Database) -> None:
    """A run without a checkpoint cannot go on where its transaction is lost; it says so instead of losing rows."""
    sink = served.opened(run=None)
    sink.deliver(1, [{"id": 1}])
    server.kill()
    server.start()
    with pytest.raises(SinkError) as caught:
        sink.deliver(2, [{"id": 2}])
    assert not caught.value.is_transient
    for attempt in (lambda: sink.deliver(2, [{"id": 2}]), lambda: sink.close(is_complete=True)):
        with pytest.raises(SinkError, match=r"has lost what this run delivered.*with a checkpoint"):
            attempt()


@pytest.mark.postgresql
@pytest.mark.parametrize("state", ["53100", "P0001"])
def test_servers_disk_and_triggers(served: Database, state: str) -> None:
    """A server whose disk is full stops the run; a trigger that raises refuses a row."""
    served.execute(
        "CREATE TABLE rows (id integer)",
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 7 THEN "
        f"RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER failing BEFORE INSERT ON rows FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    sink = served.opened()
    with pytest.raises(Exception, match="could not extend file") as caught:
        sink.deliver(1, [{"id": number} for number in range(10)])
    if state == "53100":
        assert isinstance(caught.value, SinkError)
        assert "Make room on the server's disk, then resume" in str(caught.value)
    else:
        assert caught.value.refused == {7: "could not extend file."}


@pytest.mark.postgresql
def test_deferred_constraints(served: Database) -> None:
    """A constraint that is only looked at when the transaction ends is an error with the row's key; nothing is kept."""
    served.execute(
        "CREATE TABLE rows (id integer PRIMARY KEY, parent integer REFERENCES rows DEFERRABLE INITIALLY DEFERRED)"
    )
    sink = served.opened()
    with pytest.raises(SinkError, match=r"violates foreign key constraint.*99"):
        sink.deliver(1, [{"id": 1, "parent": 2}, {"id": 2, "parent": 99}])
    sink.deliver(1, [{"id": 1, "parent": 2}, {"id": 2, "parent": 1}])
    assert served.execute("SELECT count(*) FROM rows") == [(2,)]


@pytest.mark.postgresql
def test_nothing_secret_is_kept(served: Database, tmp_path: Path) -> None:
    """Neither checkpoint nor report nor command output has the password of a run's URL, whose rows are there."""
    (tmp_path / "lines").write_text("1\n2\nx\n")
    (tmp_path / "job.py").write_text(
        "from pipeline_optimization import Pipeline\n"
        "def row(line): return {'id': int(line)}\n"
        "pipeline = Pipeline('secret').lines().map(row).collect()\n"
    )
    url = served.url.replace("anagram@", "anagram:geheimnis@")
    done = anagram(
        "run", "--pipeline", "job.py", "lines", "--sink", "sql:rows", "-o", f"sink.url={url}", "--retry", "none", "--format", "json",
        "--checkpoint", "kept", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"anagram:***@" in done.stderr  # the command that tries the failed element again
    assert served.execute("SELECT count(*) FROM rows") == [(2,)]
    told = [done.stdout, done.stderr, *(file.read_bytes() for file in tmp_path.glob("kept*"))]
    assert not any(b"geheimnis" in text for text in told)
