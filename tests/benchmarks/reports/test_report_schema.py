"""The schema of the exported document says what the records say, and refuses what they do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
from jsonschema import Draft202012Validator

from example_summary import full_results, hostile_results
from pipeline_optimization.benchmarks import advice, results, scan, summary_row
from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.reports.schema import load_schema
from pipeline_optimization.benchmarks.results import Results

RECORDS = [
    kind
    for module in (advice, results, scan, summary_row)
    for name in module.__all__
    if attrs.has(kind := getattr(module, name))
]
Document = dict[str, Any]


def definition_of(record: type) -> Document:
    schema: Document = load_schema()
    return schema if record is Results else schema["$defs"][record.__name__.rstrip("_")]


def is_valid(document: Mapping[str, object]) -> bool:
    return Draft202012Validator(load_schema()).is_valid(document)


@pytest.fixture
def document() -> Document:
    """Return an export with one record of each kind: checking hundreds of samples takes its time."""
    made: Document = json.loads(results_to_json(full_results()))
    parts = ("samples", "summary", "warnings", "scans", "comparisons", "contenders", "cases")
    return made | {part: made[part][:1] for part in parts}


def test_it_is_a_schema() -> None:
    """The schema itself is valid, and no record is missing."""
    Draft202012Validator.check_schema(load_schema())
    assert len(RECORDS) == 15


@pytest.mark.parametrize("results", [full_results(), hostile_results()], ids=["full", "hostile"])
def test_exports_are_valid(results: Results) -> None:
    """What is exported fits the schema, with every optional part in it."""
    errors = list(Draft202012Validator(load_schema()).iter_errors(json.loads(results_to_json(results))))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_in_the_schema(record: type) -> None:
    """Each record has the same fields as its definition: all required, none besides."""
    definition = definition_of(record)
    fields = [field.name for field in attrs.fields(record)]
    assert list(definition["properties"]) == fields
    assert sorted(definition["required"]) == sorted(fields)
    assert definition["additionalProperties"] is False


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_literal_is_in_the_schema(record: type) -> None:
    """Fields that take a few values take the same ones in the schema."""
    for name, kind in get_type_hints(record).items():
        if get_origin(kind) is Literal:
            assert definition_of(record)["properties"][name]["enum"] == list(get_args(kind))


@pytest.mark.parametrize("part", ["samples", "summary", "warnings", "scans", "comparisons", "contenders", "cases"])
def test_missing_and_misspelt_fields_are_refused(document: Document, part: str) -> None:
    """A record without one of its fields is invalid, and so is one with another field."""
    assert is_valid(document)
    for name in list(document[part][0]):
        value = document[part][0].pop(name)
        assert not is_valid(document), name
        document[part][0][f"{name}s"] = value
        assert not is_valid(document), name
        del document[part][0][f"{name}s"]
        document[part][0][name] = value
    assert is_valid(document)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("summary", "verdict", "fastest"),
        ("summary", "success_rate", 96.0),
        ("summary", "interval_ms", [1.0]),
        ("summary", "interval_ms", [1.0, 2.0, 3.0]),
        ("summary", "marks", {"runtime_ms": "first"}),
        ("samples", "kind", "cold"),
        ("samples", "round", 1.5),
        ("samples", "import_ms", -1.0),
        ("samples", "cpu_series", [[1.0, "2"]]),
    ],
)
def test_wrong_values_are_refused(document: Document, part: str, name: str, value: object) -> None:
    """Values of another kind or out of range are invalid."""
    document[part][0][name] = value
    assert not is_valid(document)


def test_another_version_is_refused(document: Document) -> None:
    """The schema is that of one version."""
    document["schema_version"] = 2
    assert not is_valid(document)
