"""A tokenizer that kills, stops, leaves or hangs at certain words; importable by workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions, Tokenizer

SIGNALS = {"deadly!": signal.SIGKILL, "crashing!": signal.SIGSEGV, "stopped!": signal.SIGSTOP}


class DeadlyTokenizer:
    """Splits at white space, and does its process what the words of the text say."""

    is_characterwise = False

    def __init__(self, options: NoOptions) -> None:
        pass

    def filter(self, text: str) -> str:
        for word, number in SIGNALS.items():
            if word in text:
                os.kill(os.getpid(), number)
        if "leaving!" in text:
            os._exit(3)
        if "raising!" in text:
            raise OSError("no such luck")
        if "endless!" in text:
            threading.Event().wait()
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return filtered.split()


class DeadlyPlugin:
    """Registers it."""

    @hookimpl
    def anagram_register_tokenizers(self) -> list[Component[NoOptions, Tokenizer]]:
        return [Component(name="deadly", summary="kills", factory=DeadlyTokenizer, options=NoOptions)]
