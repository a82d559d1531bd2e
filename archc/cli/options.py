"""What several commands ask for: a spec, which network it means, where to write."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from archc.diagnostics import SpecError
from archc.memory import DEFAULT_MEMORY, memory_bytes, memory_text
from archc.source import read

MEMORY = "archc.max_memory"
"""Where the context of a command keeps what `--max-memory` says."""

STYLE = "archc.message_format"
"""Where the context of a command keeps what `--message-format` says."""

FOR_PEOPLE = ("full", "concise")
FOR_PROGRAMS = ("json", "github", "sarif")

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


def choices(command: F) -> F:
    """The options of a command that judges a spec on the way to what it makes of it."""
    told = message_format(
        "--message-format",
        help="How to say, on standard error, what is wrong. `json`, `github` and `sarif` are all "
        "of it.",
    )
    return told(network_choices(command))


def message_format(*names: str, help: str) -> Callable[[F], F]:
    """The option that says how diagnostics are told."""
    return click.option(
        *names,
        type=click.Choice([*FOR_PEOPLE, *FOR_PROGRAMS]),
        default="full",
        expose_value=False,
        callback=_keep_style,
        help=help,
    )


def network_choices(command: F) -> F:
    """The options that choose which network a spec means, and how large it may be."""
    command = click.option(
        "--max-memory",
        type=Memory(),
        default=DEFAULT_MEMORY,
        expose_value=False,
        callback=_keep_memory,
        help=f"What parameters and the largest activation may take: {memory_text(DEFAULT_MEMORY)} "
        "unless given.",
    )(command)
    command = click.option("--variant", metavar="NAME", help="A member of the family.")(command)
    command = click.option(
        "--input", "inputs", type=Sizes(), multiple=True, help="Sizes of an input, batch left out."
    )(command)
    return click.option(
        "--set", "params", type=Setting(), multiple=True, help="A parameter's value."
    )(command)


def _keep_memory(ctx: click.Context, _: click.Parameter, value: int) -> None:
    ctx.meta[MEMORY] = value


def _keep_style(ctx: click.Context, _: click.Parameter, value: str) -> None:
    ctx.meta[STYLE] = value


spec_argument = click.argument("spec", type=click.Path(allow_dash=True))
output_option = click.option(
    "-o",
    "--output",
    type=OutputFile(),
    help="Write to this file, whole or not at all.",
)
force_option = click.option(
    "--force", is_flag=True, help="With -o: overwrite a file that archc did not write."
)
