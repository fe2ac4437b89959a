"""Every hook is documented, dated and tested, and a hook that is to go warns whoever implements it."""

from __future__ import annotations

import inspect
import re

import pytest

from pipeline_optimization import Registry, __version__, hookspecs
from pipeline_optimization.hookspecs import hookimpl, hookspec
from project_files import ROOT

HOOKS = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("anagram_")}
VERSION = tuple(int(part) for part in re.findall(r"\d+", __version__)[:3])
TESTS = "\n".join(
    path.read_text("utf-8")
    for folder in ("tests", "plugins")
    for path in (ROOT / folder).rglob("test_*.py")
    if path.name != "test_hooks.py"
)


@pytest.mark.parametrize("name", HOOKS)
def test_documented(name: str) -> None:
    """A hook says in its first line what it is for, when it is called, and of each argument what it is."""
    doc = inspect.getdoc(HOOKS[name]) or ""
    lines = doc.splitlines()
    assert re.fullmatch(r"(Return|Observe) .*\.", lines[0])
    assert not lines[1]
    assert re.search(r"^Called .*", doc, re.MULTILINE)
    for argument in inspect.signature(HOOKS[name]).parameters:
        assert re.search(rf"^    {argument}: [A-Z].*\.$", doc, re.MULTILINE), f"{argument} is not documented"
    if name.startswith(("anagram_register", "anagram_counting")):
        assert "Example: ``" in doc


@pytest.mark.parametrize("name", HOOKS)
def test_dated(name: str) -> None:
    """A hook's docstring ends with the version since which it exists, no later than this one."""
    found = re.search(r"Since (\d+)\.(\d+)\.(\d+)\.$", inspect.getdoc(HOOKS[name]) or "")
    assert found
    assert tuple(map(int, found.groups())) <= VERSION


@pytest.mark.parametrize("name", HOOKS)
def test_tested(name: str) -> None:
    """Some test implements the hook, for the core to call it."""
    assert f"def {name}(" in TESTS


def test_a_hook_that_is_to_go_warns() -> None:
    """Whoever implements a deprecated hook is warned at registration, and the hook still works."""

    class Specs:
        @hookspec(warn_on_impl=DeprecationWarning("anagram_old goes in 0.9.0; use anagram_new, since 0.8.0."))
        def anagram_old(self) -> int: ...  # type: ignore[empty-body]  # nobody calls a spec

    class Plugin:
        @hookimpl
        def anagram_old(self) -> int:
            return 3

    registry = Registry()
    registry._manager.add_hookspecs(Specs)
    with pytest.warns(DeprecationWarning, match=r"use anagram_new, since 0\.8\.0"):
        registry.register(Plugin(), "plugin")
    assert registry._manager.hook.anagram_old() == [3]
