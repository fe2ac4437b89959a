"""Commands that messages give can be pasted, whatever files are called, and cannot harm the terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from contextlib import chdir
from pathlib import Path

import pytest

from pipeline_optimization.cli import main
from pipeline_optimization.shell_quoting import quoted, quoted_command

ODD = ["caf\udce9.txt", "a\x1b[2Jb", "it's\n", "back\\slash\t", "caf\u00e9", "a b", "$HOME", "\u202eevil", ""]


@pytest.mark.parametrize("name", ODD)
def test_nothing_that_a_terminal_acts_on(name: str) -> None:
    """A quoted name has printable characters only."""
    assert quoted(name).isprintable()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("name", ODD)
def test_a_shell_reads_it_back(name: str) -> None:
    """Bash makes the same name of it, byte by byte."""
    done = subprocess.run(["bash", "-c", f"printf %s {quoted(name)}"], capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)


def test_the_usual_names_stay_as_they_are() -> None:
    """Quotes stand only where they are needed."""
    assert quoted_command(["anagram", "run", "book.txt", "a b", "caf\udce9.txt"]) == (
        "anagram run book.txt 'a b' $'caf\\351.txt'"
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("sink.url=postgresql://ann:geheim@host:5/x", "sink.url=postgresql://ann:***@host:5/x"),
        ("postgresql://ann:ge/heim@host/x?a=b@c", "postgresql://ann:***@host/x?a=b@c"),
        ("postgresql://ann:a@b@host/x", "postgresql://ann:***@host/x"),
        ("x://:geheim@host", "x://:***@host"),
        ("postgresql:///x?user=ann&password=geheim&sslpassword=auch;y=1", "postgresql:///x?user=ann&password=***&sslpassword=***;y=1"),
        ("https://h/o?X-Amz-Credential=a%2Fb&X-Amz-Signature=c1&x=2", "https://h/o?X-Amz-Credential=***&X-Amz-Signature=***&x=2"),
        ("https://h/o?api_key=a&SIG=b&access_token=c&client-secret=d&sort=e", "https://h/o?api_key=***&SIG=***&access_token=***&client-secret=***&sort=e"),
        ("https://h/o?signature_version=4&keys=5&tokens=6", "https://h/o?signature_version=4&keys=5&tokens=6"),
        ("http://host:80/~ann@home", "http://host:80/~ann@home"),
        ("postgresql://ann@host:5/x", "postgresql://ann@host:5/x"),
        ("a:b@c", "a:b@c"),
    ],
)  # fmt: skip
def test_passwords_are_not_told(given: str, told: str) -> None:
    """A command that is told again has no password of a URL, nor what else in its query is secret; all else is as it was given."""
    assert shlex.split(quoted_command([given])) == [told]


def test_the_command_to_go_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stopped run prints its command so that it can be pasted."""
    name = "caf\udce9\x1b[2J.cp"
    run = ["run", "--text", "cat", "--faults", "exercise", "--latency-scale", "0", "--retry", "none"]
    with chdir(tmp_path):
        for seed in range(100):
            (tmp_path / name).unlink(missing_ok=True)
            with pytest.raises(SystemExit) as ended:
                main([*run, "--on-failure", "stop", "--seed", str(seed), "--checkpoint", name])
            told = capsys.readouterr().err
            if ended.value.code == 75:
                break
    place = r"$'caf\351\033[2J.cp'"
    assert f"Finished items are in {place}. Go on with: anagram run --text cat " in told
    assert told.rstrip().endswith(f"--checkpoint {place} --resume")
