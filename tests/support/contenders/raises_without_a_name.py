"""Raises an exception whose class says no name, and whose text is none."""

from __future__ import annotations

from typing import Any


class Text(str):
    __slots__ = ()

    def __getitem__(self, key: object) -> Any:
        return object()


class Nameless(type):
    def __getattribute__(cls, name: str) -> object:
        raise LookupError(name)


class StrangeError(Exception, metaclass=Nameless):
    def __str__(self) -> str:
        return Text("sly")


class TaskOrchestrator:
    def process_text(self, text: str) -> object:
        raise StrangeError
