"""The options of commands about specs, which a command takes as one Request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

import click

from archc.cli.options import F, Memory, Setting, Sizes
from archc.memory import DEFAULT_MEMORY, memory_text
from archc.validate import Request

FOR_PEOPLE = ("full", "concise")
FOR_PROGRAMS = ("json", "github", "sarif")


def takes_request(command: F) -> F:
    """A command about one spec: it is given a Request in the place of its argument and options."""
    told = _message_format(
        "--message-format",
        help="How to say, on standard error, what is wrong. `json`, `github` and `sarif` are all "
        "of it.",
    )
    spec = click.argument("spec", type=click.Path(allow_dash=True))
    return spec(_network_options(told(_with_request(command))))


def takes_requests(command: F) -> F:
    """A command about any number of specs and folders, `specs`, with a Request to make of each."""
    told = _message_format(
        "--format",
        "--message-format",
        help="How to say what is wrong. `json`, `github` and `sarif` are all of standard output.",
    )
    specs = click.argument(
        "specs", nargs=-1, required=True, type=click.Path(allow_dash=True), metavar="SPEC..."
    )
    return specs(_network_options(told(_with_request(command))))


def _with_request(command: F) -> F:
    """`command`, which takes in one Request what click gives one by one."""

    @wraps(command)
    def called(
        params: Sequence[tuple[str, Any]],
        inputs: Sequence[tuple[str, Sequence[int]]],
        variant: str | None,
        max_memory: int,
        message_format: str,
        spec: str = "-",
        **others: Any,
    ) -> Any:
        request = Request(spec, dict(params), dict(inputs), variant, max_memory, message_format)
        return command(request=request, **others)

    return cast(F, called)


def _message_format(*names: str, help: str) -> Callable[[F], F]:
    """The option that says how diagnostics are told."""
    kinds = click.Choice([*FOR_PEOPLE, *FOR_PROGRAMS])
    return click.option(*names, "message_format", type=kinds, default="full", help=help)


def _network_options(command: F) -> F:
    """The options that choose which network a spec means, and how large it may be."""
    command = click.option(
        "--max-memory",
        type=Memory(),
        default=DEFAULT_MEMORY,
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
