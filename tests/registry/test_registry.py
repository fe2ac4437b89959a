"""Plugins are found, listed, isolated from each other, and looked up by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest
from attrs import frozen

from fake_distributions import install
from pipeline_optimization import count_anagrams
from pipeline_optimization.builtin.tokenizers import WhitespaceTokenizer
from pipeline_optimization.errors import (
    OptionError,
    PluginConflictError,
    PluginLoadError,
    UnknownComponentError,
)
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.installed import look_up
from pipeline_optimization.registry import Registry, Selection
from pipeline_optimization.registry.entries import PluginEntry, installed_entries
from pipeline_optimization.registry.options import describe_options, make_options
from pipeline_optimization.types import Component, ItemFinished, NoOptions, RunFinished, RunStarted, option

PLUGIN = """
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions
from pipeline_optimization.builtin.tokenizers import WhitespaceTokenizer

@hookimpl
def anagram_register_tokenizers():
    return [Component(name="{name}", summary="s", factory=WhitespaceTokenizer, options=NoOptions)]
"""
TYPO = "from pipeline_optimization.hookspecs import hookimpl\n@hookimpl\ndef anagram_register_tokenizer(): return []\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a directory on ``sys.path`` in which ``install`` pretends to install distributions."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for path in tmp_path.glob("fake_*.py"):
        sys.modules.pop(path.stem, None)


def status(registry: Registry) -> dict[str, str]:
    return {record.distribution: record.status for record in registry.import_all()}


def test_a_plugin_is_found(site: Path) -> None:
    """An installed distribution's components can be chosen."""
    install(site, "anagram-plugin-lines", "lines", PLUGIN.format(name="lines"))
    registry = Registry.load()
    assert status(registry)["anagram-plugin-lines"] == "active"
    assert "lines" in registry.names("tokenizer")
    assert count_anagrams("cat,cat cat", tokenizer="lines", registry=registry).anagram_counts["cat"] == 1


def test_the_core_comes_first(site: Path) -> None:
    """Built-in names are reserved: a plugin that claims one is a conflict, and the core keeps its component."""
    install(site, "aaa", "aaa", PLUGIN.format(name="exercise"))
    registry = Registry.load()
    (record,) = [record for record in registry.import_all() if record.distribution == "aaa"]
    assert record.status == "conflict"
    assert "'exercise' is offered by the plugin 'core' (pipeline-optimization" in record.error
    assert count_anagrams("cat-cat", registry=registry).anagram_counts["cat"] == 2


def test_one_name_two_distributions(site: Path) -> None:
    """Two distributions with one plugin name are both listed as conflicts that name both, and neither is loaded."""
    install(site, "one", "twin", PLUGIN.format(name="first"), "1.0")
    install(site, "two", "twin", PLUGIN.format(name="second"), "2.0")
    registry = Registry.load()
    records = [record for record in registry.records if record.name == "twin"]
    assert [record.status for record in records] == ["conflict", "conflict"]
    assert all("one 1.0 and two 2.0" in record.error for record in records)
    message = r"one 1\.0 and two 2\.0\. Uninstall one of them, or choose with --no-plugin one or --no-plugin two"
    with pytest.raises(PluginConflictError, match=message):
        registry.tokenizer("twin")


def test_a_broken_plugin_disturbs_nobody(site: Path) -> None:
    """A plugin that cannot be imported is listed with its error; choosing it raises in full, with the cause."""
    install(site, "anagram-plugin-broken", "broken", "import no_such_module_anywhere\n")
    registry = Registry.load()
    (record,) = [record for record in registry.import_all() if record.name == "broken"]
    assert record.status == "failed"
    assert "No module named 'no_such_module_anywhere'" in record.error
    assert count_anagrams("cat", registry=registry).is_complete
    for alias in ("broken", "anagram-plugin-broken", "fake_anagram_plugin_broken"):
        with pytest.raises(PluginLoadError, match=r"anagram-plugin-broken 1\.0.*no_such_module") as caught:
            registry.orchestrator(alias)
        assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_mistyped_hook_is_told(site: Path) -> None:
    """A hook name that the core does not know fails the plugin, with the name that was probably meant."""
    install(site, "typo", "typo", TYPO)
    (record,) = [record for record in Registry.load().import_all() if record.name == "typo"]
    assert record.status == "failed"
    assert "Did you mean 'anagram_register_tokenizers'?" in record.error


@pytest.mark.parametrize("body", ["return [42]", "raise RuntimeError('oops')", "return 7"])
def test_a_hook_that_misbehaves_fails_its_plugin(site: Path, body: str) -> None:
    """A registration hook that raises or returns nonsense costs its own plugin only."""
    code = f"from pipeline_optimization.hookspecs import hookimpl\n@hookimpl\ndef anagram_register_lexicons():\n    {body}\n"
    install(site, "bad", "bad", code)
    registry = Registry.load()
    assert status(registry)["bad"] == "failed"
    assert status(registry)["pipeline-optimization"] == "active"


def test_found_in_a_stable_order(site: Path) -> None:
    """Entry points come sorted by distribution and name, the core first, and finding them imports nothing."""
    install(site, "zzz", "z", "raise SystemExit('imported')")
    names = [entry.distribution for entry in installed_entries(look_up())]
    assert names[0] == "pipeline-optimization"
    assert names[1:] == sorted(names[1:])
    assert "fake_zzz" not in sys.modules


def test_close_names_are_suggested(registry: Registry) -> None:
    """An unknown name is answered with a close one, or with all that are installed."""
    with pytest.raises(UnknownComponentError, match="Did you mean 'sequential'") as caught:
        registry.orchestrator("sequentil")
    assert caught.value.installed == tuple(registry.names("orchestrator"))


def test_register_and_undo() -> None:
    """A program's own plugin is there until it is taken out again, observers included."""
    seen: list[object] = []

    class Observer:
        @hookimpl
        def anagram_run_started(self, event: RunStarted) -> None:
            seen.append(event)

        @hookimpl
        def anagram_item_finished(self, event: ItemFinished) -> None:
            seen.append(event)

        @hookimpl
        def anagram_run_finished(self) -> None:
            seen.append("finished")

    registry = Registry.load()
    undo = registry.register(Observer(), "mine")
    count_anagrams("cat", registry=registry)
    assert [type(event).__name__ for event in seen] == ["RunStarted", "ItemFinished", "str"]
    with pytest.raises(PluginConflictError):
        registry.register(Observer(), "mine")
    undo()
    undo()
    count_anagrams("cat", registry=registry)
    assert len(seen) == 3


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_an_observer_that_raises_is_switched_off(error: type[BaseException]) -> None:
    """It is reported once, not called again, and the run and other observers go on."""
    calls: list[str] = []

    class Bad:
        @hookimpl
        def anagram_item_finished(self, event: ItemFinished) -> None:
            calls.append("bad")
            raise error("oops")

        @hookimpl
        def anagram_run_finished(self, event: RunFinished) -> None:
            calls.append("bad again")

    class Good:
        @hookimpl
        def anagram_item_finished(self, event: ItemFinished) -> None:
            calls.append("good")

    registry = Registry.load()
    registry.register(Bad(), "bad")
    registry.register(Good(), "good")
    report = count_anagrams("cat dog", chunk_size=4, registry=registry)
    assert report.is_complete
    assert sorted(calls) == ["bad", "good", "good"]
    (warning,) = report.warnings
    assert f"'bad' raised in anagram_item_finished: {error.__name__}: oops" in warning


def test_registering_a_taken_component() -> None:
    """A component name that is taken is a conflict, and nothing of the plugin stays."""
    component = Component(name="exercise", summary="s", factory=WhitespaceTokenizer, options=NoOptions)
    plugin = SimpleNamespace(anagram_register_tokenizers=hookimpl(lambda: [component]))
    registry = Registry.load()
    before = registry.names("tokenizer")
    with pytest.raises(PluginConflictError, match="'exercise' is offered by the plugin 'core'"):
        registry.register(plugin, "mine")
    assert registry.names("tokenizer") == before


def test_a_kernel_hook_comes_before_the_core(tmp_path: Path) -> None:
    """The first kernel that is offered for a combination is taken; None leaves it to the next."""
    from pipeline_optimization.counting.kernel import GenericKernel
    from pipeline_optimization.types import KernelOffer

    class Kernels:
        @hookimpl
        def anagram_counting_kernel(self, tokenizer: str, lexicon: str) -> KernelOffer | None:
            return KernelOffer(name="mine", summary="s", factory=GenericKernel) if lexicon == "file" else None

    words = tmp_path / "words.txt"
    words.write_text("cat\n")
    registry = Registry.load()
    registry.register(Kernels(), "kernels")
    assert count_anagrams("cat", registry=registry).kernel == "python"
    assert count_anagrams("cat", lexicon=f"file:{words}", registry=registry).kernel == "mine"


@frozen(kw_only=True)
class Options:
    size: int = option(3, help="how large", at_least=1)
    rate: float | None = option(None, help="how often")
    mode: Literal["a", "b"] = option("a", help="which way")
    is_loud: bool = option(False, help="whether it shouts")
    label: str = option("", help="a name", is_argument=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Options()),
        ({"size": "7"}, Options(size=7)),
        ({"rate": "0.5", "mode": "b"}, Options(rate=0.5, mode="b")),
        ({"rate": "none"}, Options()),
        ({"is-loud": "yes", "label": "x=y"}, Options(is_loud=True, label="x=y")),
        ({"size": 2, "is_loud": True, "rate": 1}, Options(size=2, is_loud=True, rate=1.0)),
    ],
)
def test_option_values(values: dict[str, object], expected: Options) -> None:
    """Strings are converted to the fields' types; values of the right type are taken as they are."""
    assert make_options(Options, values, "The test") == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": "x"}, "Option 'size' of The test must be integer, not 'x'"),
        ({"size": 1.5}, "must be integer"),
        ({"size": True}, "must be integer"),
        ({"size": "0"}, "must be at least 1, not 0"),
        ({"rate": "nan"}, "must be number or none"),
        ({"mode": "c"}, r"must be a\|b, not 'c'"),
        ({"is_loud": "maybe"}, r"must be true\|false"),
        ({"label": 3}, "must be text"),
        ({"sise": 3}, "Did you mean 'size'"),
    ],
)
def test_wrong_option_values(values: dict[str, object], message: str) -> None:
    """Each wrong value is refused with what would be right."""
    with pytest.raises(OptionError, match=message):
        make_options(Options, values, "The test")


def test_option_help() -> None:
    """Options describe themselves: name, type, default, help."""
    described = {help_.name: help_ for help_ in describe_options(Options)}
    assert described["rate"].type == "number or none"
    assert described["mode"].type == "a|b"
    assert (described["size"].default, described["size"].help) == (3, "how large")


def test_components_need_an_options_class() -> None:
    """A component whose options are no attrs class is refused when it is made."""
    with pytest.raises(TypeError, match="options must be an attrs class"):
        Component(name="x", summary="s", factory=WhitespaceTokenizer, options=int)  # type: ignore[arg-type]


def entry_of(plugin: object, name: str) -> PluginEntry:
    return PluginEntry(
        name=name,
        distribution=f"dist-{name}",
        version="1.0",
        origin="nowhere",
        module=name,
        groups=frozenset({"anagram"}),
        load=lambda: plugin,
    )


def tokenizers(*names: str) -> SimpleNamespace:
    """Return a plugin with tokenizers of these names."""
    components = [Component(name=n, summary="s", factory=WhitespaceTokenizer, options=NoOptions) for n in names]
    return SimpleNamespace(anagram_register_tokenizers=hookimpl(lambda: components))


def test_a_plugin_owns_its_name() -> None:
    """A component is that of the plugin of its name, whichever was imported first; the other plugin is a conflict."""
    for first in ("lines", "other"):
        registry = Registry([entry_of(tokenizers("mine", "lines"), "another"), entry_of(tokenizers("lines"), "lines")])
        registry.component("tokenizer", "lines" if first == "lines" else "mine")
        assert registry.component("tokenizer", "lines").name == "lines"
        assert [record.status for record in registry.import_all()] == ["conflict", "active"]
        assert registry.component("tokenizer", "mine").name == "mine"


def test_a_name_that_nobody_owns_is_refused() -> None:
    """Of two plugins that offer one name, neither is taken, whatever was imported before; each is told how to choose."""
    for first in ("a", "b"):
        registry = Registry([entry_of(tokenizers("x", "a"), "a"), entry_of(tokenizers("x", "b"), "b")])
        registry.component("tokenizer", first)
        with pytest.raises(
            PluginConflictError, match=r"'a' \(dist-a 1.0\) and 'b' \(dist-b 1.0\).*--no-plugin a or"
        ) as caught:
            registry.tokenizer("x")
        assert caught.value.providers == ("dist-a 1.0", "dist-b 1.0")
        assert [record.status for record in registry.records] == ["conflict", "conflict"]
    chosen = Registry([entry_of(tokenizers("x", "a"), "a"), entry_of(tokenizers("x"), "b")], Selection(disabled=["b"]))
    assert chosen.component("tokenizer", "x").name == "x"


def test_one_name_twice_in_one_plugin() -> None:
    """A plugin that offers two components of one name is broken."""
    registry = Registry([entry_of(tokenizers("x", "x"), "twice")])
    (record,) = registry.import_all()
    assert (record.status, record.error) == (
        "failed",
        "anagram_register_tokenizers returned two components called 'x'",
    )
