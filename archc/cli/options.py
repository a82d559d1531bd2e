"""The types of options of several commands, and the options for files that they write."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from archc.diagnostics import SpecError
from archc.memory import memory_bytes
from archc.source import read

F = TypeVar("F", bound=Callable[..., Any])


class Setting(click.ParamType[tuple[str, Any]]):
    """`NAME=VALUE`, the value read as in a spec."""

    name = "NAME=VALUE"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        name, equals, text = value.partition("=")
        if not name or not equals:
            self.fail(f"`{value}` is not NAME=VALUE", param, ctx)
        try:
            return name, read(text, "--set").data
        except SpecError as error:
            self.fail(f"`{text}`: {error.diagnostics[0].message}", param, ctx)


class Sizes(click.ParamType[tuple[str, tuple[int, ...]]]):
    """`NAME=1x224x224`: the sizes of an input, batch left out."""

    name = "NAME=1x224x224"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, ...]]:
        name, _, text = value.partition("=")
        parts = text.split("x")
        if not name or not all(
            part.isascii() and part.isdigit() and 0 < len(part) <= 9 for part in parts
        ):
            self.fail(f"`{value}` is not NAME=1x224x224 (the batch is left out)", param, ctx)
        sizes = tuple(int(part) for part in parts)
        if 0 in sizes:
            self.fail(f"`{value}`: sizes are at least 1", param, ctx)
        return name, sizes


class Memory(click.ParamType[int]):
    """`64GiB`: how much memory a network may need."""

    name = "64GiB"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = value if isinstance(value, int) else memory_bytes(value)
        if number is None:
            self.fail(f"`{value}` is not an amount of memory such as 64GiB", param, ctx)
        return number


class OutputFile(click.Path):
    """A file to write; no name that can only be a folder's, which a path's last `/` says."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value.endswith(tuple(filter(None, (os.sep, os.altsep)))):
            self.fail(f"`{value}` is a folder: name a file in it", param, ctx)
        return super().convert(value, param, ctx)


output_option = click.option(
    "-o",
    "--output",
    type=OutputFile(),
    help="Write to this file, whole or not at all.",
)
force_option = click.option(
    "--force", is_flag=True, help="With -o: overwrite a file that archc did not write."
)
