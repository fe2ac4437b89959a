"""The core's own components keep the contracts, through the classes that plugin authors use."""

import csv
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import cast

from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.testing import (
    FaultProfileContract,
    LexiconContract,
    ObserverContract,
    OrchestratorContract,
    RetryPolicyContract,
    SignatureContract,
    SinkContract,
    TokenizerContract,
)
from pipeline_optimization.testing.runs import EventLog
from pipeline_optimization.types import Orchestrator, Row


class TestSequential(OrchestratorContract):
    name = "sequential"


class TestVirtual(OrchestratorContract):
    def make(self) -> Orchestrator:
        return VirtualOrchestrator(3)


class TestTheDocumentedOrchestrator(OrchestratorContract):
    """The example in the docstring of ``Orchestrator`` runs as it stands there, and keeps the contract."""

    def make(self) -> Orchestrator:
        _, _, example = (Orchestrator.__doc__ or "").partition("::\n")
        names: dict[str, object] = {}
        exec(dedent(example), names)
        return cast("type[Orchestrator]", names["ThreadPool"])()


class TestExercise(TokenizerContract):
    name = "exercise"


class TestWhitespace(TokenizerContract):
    name = "whitespace"


class TestLetters(SignatureContract):
    name = "letters"


class TestCounts(SignatureContract):
    name = "counts"


class TestPrimes(SignatureContract):
    name = "primes"


class TestNone(RetryPolicyContract):
    name = "none"


class TestFixed(RetryPolicyContract):
    name = "fixed"


class TestExponential(RetryPolicyContract):
    name = "exponential"


class TestTail(FaultProfileContract):
    name = "tail"


class TestGcide(LexiconContract):
    name = "gcide"


class TestObserver(ObserverContract):
    def make(self) -> object:
        return EventLog()


class _FileContract(SinkContract):
    """Rows of texts, which look alike in each kind of file."""

    rows: Sequence[Row] = ({"n": "1", "word": "a, b"}, {"n": "2", "word": ""}, {"n": "3", "word": "\u00e9"})
    refused: Sequence[Row] = ({"n": object(), "word": "x"},)

    def options_in(self, place: Path) -> Mapping[str, object]:
        return {"path": str(place / "rows")}

    def read(self, place: Path) -> Sequence[Row]:
        path = place / "rows"
        return self.parse(path) if path.exists() else []

    def parse(self, path: Path) -> Sequence[Row]:
        raise NotImplementedError


class TestNdjsonSink(_FileContract):
    name = "ndjson"

    def parse(self, path: Path) -> Sequence[Row]:
        return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


class TestJsonSink(_FileContract):
    name = "json"

    def parse(self, path: Path) -> Sequence[Row]:
        rows: Sequence[Row] = json.loads(path.read_bytes())
        return rows


class TestCsvSink(_FileContract):
    name = "csv"
    refused = ({"n": "1"}, "no record", {"n": "\ud800", "word": "x"})

    def parse(self, path: Path) -> Sequence[Row]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


class TestParquetSink(_FileContract):
    name = "parquet"
    rows: Sequence[Row] = ({"n": 1, "word": "a, b"}, {"n": 2, "word": None}, {"n": 3, "word": "\u00e9"})
    refused: Sequence[Row] = ({"n": 1}, "no record", {"n": "x", "word": "x"}, {"n": 1, "word": object()})

    def parse(self, path: Path) -> Sequence[Row]:
        rows: Sequence[Row] = import_module("pyarrow.parquet").read_table(path).to_pylist()
        return rows


del _FileContract
