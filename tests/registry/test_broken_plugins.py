"""Whatever is broken in a component, a command ends with one clear line and no traceback, and the others are not touched."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import pytest

from pipeline_optimization.cli import main
from similar_cases import some

HEAD = """
from attrs import Factory, field, frozen
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Completion, Component, KernelOffer, NoOptions, option

class Tokens:
    is_characterwise = False
    def __init__(self, options): pass
    def filter(self, text): return text
    def words(self, filtered): return filtered.split()

def fail(*arguments, **named): raise RuntimeError("oops")
def nothing(options): return None
"""
CORE_OF = {
    "orchestrator": "orchestrators",
    "tokenizer": "tokenizers",
    "signature": "signatures",
    "lexicon": "lexicons",
    "retry": "retry_policies",
}


def registering(kind: str, *, factory: str = "Made", body: str = "", **facts: str) -> str:
    """Return a plugin with one component of a kind, called ``odd`` if ``facts`` do not say otherwise."""
    arguments = {"name": "'odd'", "summary": "'s'", "factory": factory, "options": "NoOptions", **facts}
    given = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return f"{HEAD}\n{body}\n@hookimpl\ndef anagram_register_{CORE_OF[kind]}():\n    return [Component({given})]\n"


def answer(arguments: Sequence[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run a command with the plugins of a folder; return its exit code, its output, and its messages in one line."""
    environment = {"COLUMNS": "250", "ANAGRAM_CACHE_DIR": str(folder / "cache")}
    with mock.patch.dict(os.environ, environment), pytest.raises(SystemExit) as ended:
        main([*arguments, "--plugins-dir", str(folder)])
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, " ".join(captured.err.split())


def made(body: str, kind: str) -> str:
    return registering(kind, body=f"class Made:\n    def __init__(self, options): pass\n    {body}\n")


def polling(result: str) -> str:
    """Return a plugin with an orchestrator that does nothing, and whose ``poll`` returns a value."""
    body = (
        "slots = 1\n"
        "    def open(self, context): pass\n    def submit(self, attempt): pass\n    def cancel(self, attempt_id): return False\n"
        f"    def close(self, *, force): pass\n    def poll(self, timeout): return {result}"
    )
    return made(body, "orchestrator")


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    some(
        [
            *(
                (kind, registering(kind, factory="fail"), f"Building the {noun} 'odd' failed: RuntimeError: oops (")
                for kind, noun in (*((one, one) for one in CORE_OF if one != "retry"), ("retry", "retry policy"))
            ),
            *(
                (kind, registering(kind, factory="nothing"), f"The {noun} 'odd' is None, which lacks {lacking}.")
                for kind, noun, lacking in (
                    ("orchestrator", "orchestrator", "cancel, close, open, poll, slots, submit"),
                    ("tokenizer", "tokenizer", "filter, is_characterwise, words"),
                    ("signature", "signature", "__call__"),
                    ("lexicon", "lexicon", "identity, words"),
                    ("retry", "retry policy", "budget, deadline, delays, retries"),
                )
            ),
            ("tokenizer", registering("tokenizer", body="class Made(Tokens):\n    filter = fail"), "oops ("),
            ("tokenizer", registering("tokenizer", body="class Made(Tokens):\n    words = fail"), "oops ("),
            (
                "tokenizer",
                registering(
                    "tokenizer", body="class Made(Tokens):\n    def words(self, text): raise KeyboardInterrupt"
                ),
                "KeyboardInterrupt (",
            ),
            ("signature", made("__call__ = fail", "signature"), "oops ("),
            ("signature", made("def __call__(self, word): return [word]", "signature"), "unhashable type: 'list'"),
            ("lexicon", made("identity = 'x1'; words = fail", "lexicon"), "oops ("),
            (
                "lexicon",
                made("identity = 'x2'\n    def words(self): return [1]", "lexicon"),
                "AttributeError: 'int' object",
            ),
            ("lexicon", made("identity = property(fail)\n    def words(self): return ['cat']", "lexicon"), "oops ("),
            (
                "orchestrator",
                made("slots = 'x'; open = submit = poll = cancel = close = fail", "orchestrator"),
                "The orchestrator 'odd' has 'x' slots. It must have a whole number of them, at least one.",
            ),
            ("orchestrator", made("slots = 1; open = submit = poll = cancel = close = fail", "orchestrator"), "oops ("),
            *(
                ("orchestrator", polling(result), f"The orchestrator 'odd' returned {told}")
                for result, told in (
                    ("[3]", "3 from poll(), which is no Completion."),
                    ("['x' * 500]", "'xxxxx"),
                    ("None", "None from poll(). It must return a sequence of Completion."),
                    (
                        "[Completion(id=1, status='done', payload='text')]",
                        "'text' as the payload of attempt 1, not bytes.",
                    ),
                )
            ),
            ("tokenizer", registering("tokenizer", factory="Tokens", name="3"), "Component 3: name must be a word"),
            (
                "tokenizer",
                registering("tokenizer", factory="Tokens", summary="None"),
                "summary must be a text, not None",
            ),
            ("tokenizer", registering("tokenizer", factory="3"), "factory must be callable, not 3"),
            (
                "tokenizer",
                registering("tokenizer", factory="Tokens", options="NoOptions()"),
                "options must be an attrs class",
            ),
            (
                "tokenizer",
                registering(
                    "tokenizer",
                    factory="Tokens",
                    options="Opt",
                    body="@frozen\nclass Opt:\n    a: 'Nowhere' = option(1, help='x')",
                ),
                "The types of the options Opt cannot be resolved: NameError: name 'Nowhere' is not defined",
            ),
        ],
        every=3,
    ),
)
def test_components(kind: str, code: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that needs the component ends with code 2 and the reason; one that does not gives its counts."""
    (tmp_path / "odd.py").write_text(code)
    status, out, err = answer(["run", "--text", "cat", "--format", "csv", f"--{kind}", "odd"], tmp_path, capsys)
    assert status == 2
    assert message in err
    assert err.startswith("Error: ")
    if message.endswith("("):
        assert f"({tmp_path / 'odd.py'}, line " in err
    status, out, _ = answer(["run", "--text", "cat", "--format", "csv"], tmp_path, capsys)
    assert (status, out) == (0, "word,count\nact,1\ncat,1\ntac,1\n")
    assert answer(["plugins", "list", "--all"], tmp_path, capsys)[0] == 0
    assert answer(["plugins", "info", "odd"], tmp_path, capsys)[0] in {0, 2}
    assert answer(["plugins", "check", "odd"], tmp_path, capsys)[0] in {1, 2}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise RuntimeError('oops')", "RuntimeError: oops ("),
        ("raise KeyboardInterrupt", "KeyboardInterrupt ("),
        ("return 3", "it offered 3, which is no KernelOffer"),
        (
            "return type('Shy', (), {'__repr__': lambda self: 1 / 0})()",
            "it offered an object of Shy, which is no KernelOffer",
        ),
    ],
)
def test_kernels(body: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin whose kernel hook fails is passed over with a warning, and is told where it is named."""
    (tmp_path / "odd.py").write_text(f"{HEAD}\n@hookimpl\ndef anagram_counting_kernel(tokenizer):\n    {body}\n")
    run = ["run", "--text", "cat", "--format", "csv", "--kernel"]
    status, out, _ = answer([*run, "python"], tmp_path, capsys)
    assert (status, out) == (0, "word,count\nact,1\ncat,1\ntac,1\n")
    (tmp_path / "text.txt").write_text("cat " * 400_000)
    status, out, err = answer(["run", str(tmp_path / "text.txt"), "--format", "csv"], tmp_path, capsys)
    assert (status, out) == (0, "word,count\nact,400000\ncat,400000\ntac,400000\n")
    assert "Warning: The kernel 'odd' cannot be used: " in err
    assert message in err
    status, _, err = answer([*run, "odd"], tmp_path, capsys)
    assert status == 2
    assert message in err


def test_options_without_a_plain_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Help and JSON show options that have no default, and those whose default is made anew."""
    body = "@frozen(kw_only=True)\nclass Opt:\n    a: int\n    b: list = field(factory=list)\n    c: object = field(default=Tokens)"
    (tmp_path / "odd.py").write_text(registering("tokenizer", factory="Tokens", options="Opt", body=body))
    status, out, _ = answer(["run", "-o", "help", "--tokenizer", "odd"], tmp_path, capsys)
    assert status == 0
    assert "  -o tokenizer.a=VALUE  (integer, required)" in out
    status, out, _ = answer(["plugins", "info", "odd", "--json"], tmp_path, capsys)
    (offer,) = json.loads(out)["offers"]
    assert [option["default"] for option in offer["options"]][:2] == [None, []]


def test_a_component_that_interrupts_is_told_as_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A KeyboardInterrupt that no signal raised is a failed check with its place, and the other checks are made."""
    body = "class Made(Tokens):\n    def words(self, text): raise KeyboardInterrupt"
    (tmp_path / "odd.py").write_text(registering("tokenizer", body=body))
    status, out, err = answer(["plugins", "check", "odd", "--json"], tmp_path, capsys)
    assert (status, err) == (1, "")
    details = {one["check"]: one["detail"] for one in json.loads(out) if one["status"] == "failed"}
    assert details
    assert all("KeyboardInterrupt" in detail and str(tmp_path / "odd.py") in detail for detail in details.values())


@pytest.mark.parametrize("raises", [True, False])
def test_a_signal_ends_the_checks(raises: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C during a check is the user's wish, whatever the component is, and no failure of the component."""
    end = "raise KeyboardInterrupt" if raises else "return text.split()"
    body = f"import os, signal\nclass Made(Tokens):\n    def words(self, text):\n        os.kill(os.getpid(), signal.SIGINT)\n        {end}"
    (tmp_path / "odd.py").write_text(registering("tokenizer", body=body))
    status, _, err = answer(["plugins", "check", "odd"], tmp_path, capsys)
    assert (status, err) == (130, "Interrupted.")
