"""An unknown name is answered with how to install what brings it, in a way that works from where the program is."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from pipeline_optimization.errors import UnknownComponentError
from pipeline_optimization.registry import Registry
from pipeline_optimization.registry.installing import how_to_add, how_to_install
from project_files import ROOT

HATCH = {"HATCH_ENV_ACTIVE": "default"}


def origin(**facts: object) -> str:
    return json.dumps(facts)


def test_in_the_environments_of_hatch() -> None:
    """A plugin with an environment of its own is run there; all others are in the default one."""
    assert (
        how_to_install("anagram-plugin-dask", root=ROOT, environment=HATCH)
        == "it has an environment of its own, hatch run dask:anagram"
    )
    assert (
        how_to_install("anagram-plugin-hedged", root=ROOT, environment={"HATCH_ENV_ACTIVE": "dask"})
        == "it is in the default environment, hatch run anagram"
    )


def test_in_a_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A checkout has all plugins in it, and the path is one that pip takes for a path."""
    monkeypatch.chdir(ROOT)
    assert (
        how_to_install("anagram-plugin-dask", root=ROOT, environment={}) == "pip install ./plugins/anagram-plugin-dask"
    )
    monkeypatch.chdir(tmp_path)
    assert (
        how_to_install("anagram-plugin-dask", root=ROOT, environment={})
        == f"pip install {ROOT / 'plugins' / 'anagram-plugin-dask'}"
    )


def test_a_plugin_that_needs_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a checkout both are named: the other one may be on no index."""
    monkeypatch.chdir(ROOT)
    assert (
        how_to_install("anagram-plugin-hedged", root=ROOT, environment={})
        == "pip install ./plugins/anagram-plugin-asyncio ./plugins/anagram-plugin-hedged"
    )


def test_beside_the_cores_wheel(tmp_path: Path) -> None:
    """Where the core was installed from a wheel file, the plugin's wheel may lie beside it."""
    core = tmp_path / "my wheels" / "pipeline_optimization-0.1.0-py3-none-any.whl"
    core.parent.mkdir()
    direct = origin(url=core.as_uri(), archive_info={})
    nowhere = how_to_install("anagram-plugin-dask", root=tmp_path, environment={}, direct_url=direct)
    assert nowhere == f"install it from where pipeline-optimization came from, {core.as_uri()}"
    wheel = core.parent / "anagram_plugin_dask-0.1.0-py3-none-any.whl"
    wheel.touch()
    assert (
        how_to_install("anagram-plugin-dask", root=tmp_path, environment={}, direct_url=direct)
        == f"pip install '{wheel}'"
    )


def test_from_a_clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the core was installed from the folder of a clone, as the README says, the plugin and those that it needs are in it."""
    monkeypatch.chdir(tmp_path)
    direct = origin(url=ROOT.as_uri(), dir_info={})
    plugins = ROOT / "plugins"
    assert how_to_install("anagram-plugin-hedged", root=tmp_path, environment={}, direct_url=direct) == (
        f"pip install {plugins / 'anagram-plugin-asyncio'} {plugins / 'anagram-plugin-hedged'}"
    )


def test_from_a_repository(tmp_path: Path) -> None:
    """Where the core was installed from a repository, the plugin is in it, at the same commit."""
    direct = origin(url="https://example.org/p.git", vcs_info={"vcs": "git", "commit_id": "abc"})
    assert how_to_install("anagram-plugin-dask", root=tmp_path, environment={}, direct_url=direct) == (
        "pip install 'anagram-plugin-dask @ git+https://example.org/p.git@abc#subdirectory=plugins/anagram-plugin-dask'"
    )


@pytest.mark.parametrize("direct", ["no JSON", "[]", "{}", '{"url": 3}'])
def test_from_an_index(direct: str, tmp_path: Path) -> None:
    """Where the core came from an index, or nobody knows, the plugin's name is all there is to say."""
    for given in (None, direct):
        assert (
            how_to_install("anagram-plugin-dask", root=tmp_path, environment={}, direct_url=given)
            == "pip install anagram-plugin-dask"
        )


def test_errors_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error for a component and the one for a kernel have it."""
    monkeypatch.setenv("HATCH_ENV_ACTIVE", "default")
    with pytest.raises(
        UnknownComponentError,
        match=r"It comes with anagram-plugin-dask: it has an environment of its own, hatch run dask:anagram\. Installed: ",
    ):
        Registry.load().orchestrator("dask")


def test_what_an_extra_needs_is_named_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what an extra has from another one. The core may be on no index, so its name would help nobody who has it."""
    declared = [
        "attrs>=24",
        'a>=1.5,<3; extra == "one"',
        "b; extra == 'two'",
        'pipeline-optimization[two]; extra == "one"',
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: declared)
    assert how_to_add("one", "c") == "pip install 'a>=1.5,<3' b c"

    def missing(name: str) -> list[str]:
        raise PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.requires", missing)
    assert how_to_add("one") == "pip install 'pipeline-optimization[one]'"


@pytest.mark.parametrize("extra", ["benchmark", "notebook", "parquet", "report", "url"])
def test_every_extra_that_a_message_names_needs_something(extra: str) -> None:
    assert how_to_add(extra).count(">=") >= 1
