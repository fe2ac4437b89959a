"""The facts of OpenLineage's published schema that concern our events.

Reduced from https://openlineage.io/spec/2-0-2/OpenLineage.json (the event) and, of https://openlineage.io/spec/facets/, from
ErrorMessageRunFacet 1-0-1, ExecutionParametersRunFacet 1-0-0, JobTypeJobFacet 2-0-4, ParentRunFacet 1-2-0 and ProcessingEngineRunFacet
1-1-1: members, types and formats, without descriptions and without what we never send.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

__all__ = ["check_event"]

TEXT = {"type": "string"}
URI = {"type": "string", "format": "uri"}


def record(required: list[str], more: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": more, "required": required}


def facet(required: list[str], more: dict[str, Any]) -> dict[str, Any]:
    return record(["_producer", "_schemaURL", *required], {"_producer": URI, "_schemaURL": URI, **more})


def facets(known: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": known, "additionalProperties": facet([], {})}


NAMED = record(["namespace", "name"], {"namespace": TEXT, "name": TEXT})
RUN = record(["runId"], {"runId": {"type": "string", "format": "uuid"}})
DATASET = record(["namespace", "name"], {"namespace": TEXT, "name": TEXT, "facets": facets({})})
PARAMETER = record(["key"], {"key": TEXT, "name": TEXT, "description": TEXT, "value": TEXT})
ROOT = record(["run", "job"], {"run": RUN, "job": NAMED})

RUN_FACETS = {
    "errorMessage": facet(
        ["message", "programmingLanguage"], {"message": TEXT, "programmingLanguage": TEXT, "stackTrace": TEXT}
    ),
    "executionParameters": facet([], {"parameters": {"type": "array", "items": PARAMETER}}),
    "parent": facet(["run", "job"], {"run": RUN, "job": NAMED, "root": ROOT}),
    "processing_engine": facet(["version"], {"version": TEXT, "name": TEXT, "openlineageAdapterVersion": TEXT}),
}

JOB_FACETS = {
    "jobType": facet(["processingType", "integration"], {"processingType": TEXT, "integration": TEXT, "jobType": TEXT})
}

EVENT = record(
    ["eventTime", "producer", "schemaURL", "run", "job"],
    {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": URI,
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "run": {**RUN, "properties": {**RUN["properties"], "facets": facets(RUN_FACETS)}},
        "job": {**NAMED, "properties": {**NAMED["properties"], "facets": facets(JOB_FACETS)}},
        "inputs": {"type": "array", "items": DATASET},
        "outputs": {"type": "array", "items": DATASET},
    },
)

FORMATS = FormatChecker(["date", "uuid"])


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(text: object) -> bool:
    """Return whether a time has date, time and zone; the library needs a package more for that."""
    from datetime import datetime

    return datetime.fromisoformat(str(text)).tzinfo is not None and "T" in str(text)


@FORMATS.checks("uri", raises=ValueError)
def is_uri(text: object) -> bool:
    """Return whether a text has a scheme and what follows it."""
    parts = urlsplit(str(text))
    return bool(parts.scheme and parts.netloc)


VALIDATOR = Draft202012Validator(EVENT, format_checker=FORMATS)


def check_event(event: dict[str, Any]) -> None:
    """Raise jsonschema's ValidationError for an event that the schema refuses."""
    VALIDATOR.validate(event)
