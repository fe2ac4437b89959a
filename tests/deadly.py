"""A tokenizer that kills its process at one word, hangs at another and raises at a third; importable by workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable

from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions, Tokenizer


class DeadlyTokenizer:
    """Splits at white space; kills its worker at ``deadly!``, hangs at ``endless!``, raises at ``raising!``."""

    is_characterwise = False

    def __init__(self, options: NoOptions) -> None:
        pass

    def filter(self, text: str) -> str:
        if "deadly!" in text:
            os.kill(os.getpid(), signal.SIGKILL)
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
