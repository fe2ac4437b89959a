"""Workers of a cluster read an object store themselves: S3's interface, served on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_optimization import count_anagrams
from pipeline_optimization.sources import UrlSource

pytestmark = pytest.mark.cluster

TEXT = "Stop! The silent cat's tea-pot, the post, the spot; 3 cats act, listen: stop.\n" * 4000
CHUNK = 20_000


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve an empty bucket, and tell whoever is started meanwhile where it is."""
    why = "NOT RUN: moto and s3fs are installed for Dask only"
    server_module = pytest.importorskip("moto.server", reason=why)
    s3fs = pytest.importorskip("s3fs", reason=why)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    facts = {
        "FSSPEC_S3_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in facts.items():
        monkeypatch.setenv(name, value)
    from fsspec.config import conf, set_conf_env

    set_conf_env(conf)
    try:
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("books")
        yield "books"
    finally:
        conf.pop("s3", None)
        server.stop()


def test_workers_read_an_object_store(cluster: str, bucket: str, tmp_path: Path) -> None:
    """The driver carries no text: counts, bytes and ledger are those of the same file on this machine's disk."""
    import s3fs

    book = tmp_path / "book.txt"
    book.write_text(TEXT, "utf-8")
    url = f"s3://{bucket}/book.txt"
    s3fs.S3FileSystem(skip_instance_cache=True).put_file(str(book), url)
    reference = count_anagrams(book, chunk_size=CHUNK)
    report = count_anagrams(
        [UrlSource(url)], orchestrator=cluster, orchestrator_options={"workers": 2}, chunk_size=CHUNK
    )
    assert set(report.tasks) == {"count_ranges"}
    assert report.anagram_counts == reference.anagram_counts
    assert (report.bytes_read, report.ledger_digest) == (reference.bytes_read, reference.ledger_digest)
