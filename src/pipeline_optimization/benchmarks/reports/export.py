"""All exports. A file's suffix chooses the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.reports.csv_export import samples_to_csv
from pipeline_optimization.benchmarks.reports.html.document import results_to_html
from pipeline_optimization.benchmarks.reports.markdown import results_to_markdown
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.errors import UsageError
from pipeline_optimization.output import open_output

__all__ = ["Form", "check_export", "export", "form_of", "render"]

Form = Literal["json", "csv", "md", "html"]

_RENDERERS: Mapping[Form, Callable[[Results], str]] = {
    "json": results_to_json,
    "csv": samples_to_csv,
    "md": results_to_markdown,
    "html": results_to_html,
}


def form_of(path: str) -> Form:
    """Return the form of a path's suffix. Raises UsageError if the suffix is not known."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    for form in _RENDERERS:
        if suffix == form:
            return form
    raise UsageError(f"Cannot export to {path!r}: its suffix names no format. Use .json, .csv, .md or .html.")


def check_export(path: str) -> None:
    """Raise UsageError if it is known, before anything is measured, that an export will not work."""
    form_of(path)
    if not Path(path).parent.is_dir():
        raise UsageError(f"Cannot write {path!r}: there is no directory {str(Path(path).parent)!r}.")


def render(results: Results, form: Form) -> str:
    """Return the results in a form.

    HTML raises UsageError if its libraries are not installed. The text can always be encoded: what no encoding has, such as a byte of a file name
    that is no UTF-8, becomes an escape that JSON reads back.
    """
    return _RENDERERS[form](results).encode("utf-8", "backslashreplace").decode("utf-8")


def export(results: Results, path: str) -> None:
    """Write the results to a file that appears only when it is whole. Raises UsageError if that is impossible."""
    text = render(results, form_of(path))
    with open_output(path, option="--export") as stream:
        stream.write(text)
