"""The commands that tell of the language: `ops`, `blocks`, `schema`, `new`, `completion`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from archc.blocks import BLOCKS
from archc.cli.files import FileTrouble
from archc.cli.options import OutputFile
from archc.diagnostics import suggest
from archc.ops import OPERATIONS

_SCHEMA = Path("schema", "archc.schema.json")
"""Where specs look for the schema, beside the folder that holds them."""

_RECURRENT = ("gru", "grucell", "lstm", "lstmcell", "rnn", "rnncell", "bilstm", "convlstm2d")


class _Name(click.ParamType[str]):
    """One of the names of the language, which shells complete."""

    name = "NAME"

    def __init__(self, noun: str, names: Iterable[str], others: Iterable[str], hint: str) -> None:
        self._noun, self._names = noun, sorted(names)
        self._others, self._hint = frozenset(others), hint

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self._names:
            self.fail(self._refusal(value), param, ctx)
        return value

    def _refusal(self, value: str) -> str:
        if value in self._others:
            return self._hint.format(value)
        if value.casefold() in _RECURRENT:
            return f"there is no `{value}`: recurrent networks are not covered"
        close = suggest(value, self._names)
        advice = f": did you mean `{close}`?" if close else f"; `archc {self._noun}` lists them"
        return f"there is no `{value}`{advice}"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(name) for name in self._names if name.startswith(incomplete)]


_OPERATION = _Name("ops", OPERATIONS, BLOCKS, "it is a block: `archc blocks {}`")
_BLOCK = _Name("blocks", BLOCKS, OPERATIONS, "it is an operation: `archc ops {}`")


@click.command()
@click.argument("name", type=_OPERATION, required=False)
def ops_command(name: str | None) -> None:
    """The operations, or all about one of them."""
    from archc.describe.page import operation_page
    from archc.describe.summary import operation_summary

    page = operation_page(name) if name else _list(sorted(OPERATIONS), operation_summary)
    click.echo(page, nl=False)


@click.command()
@click.argument("name", type=_BLOCK, required=False)
@click.option("--source", is_flag=True, help="With NAME: the block as it is written.")
@click.option("--example", is_flag=True, help="With NAME: a spec that calls it, as in its paper.")
def blocks_command(name: str | None, source: bool, example: bool) -> None:
    """The built-in blocks, or all about one of them."""
    from archc.describe.example import example_spec
    from archc.describe.page import block_page
    from archc.describe.summary import block_summary
    from archc.document.loader import builtin_block

    for option, asked in (("--source", source), ("--example", example)):
        if asked and name is None:
            raise click.UsageError(f"{option} needs the NAME of a block")
    if source and example:
        raise click.UsageError("--source and --example do not go together")
    if name is None:
        click.echo(_list(sorted(BLOCKS), block_summary), nl=False)
    elif source:
        click.echo(builtin_block(name).unit.source.file.text, nl=False)
    elif example:
        click.echo(example_spec(name), nl=False)
    else:
        click.echo(block_page(name), nl=False)


def _list(names: Iterable[str], summary: Callable[[str], str]) -> str:
    rows = [(name, summary(name)) for name in names]
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:{width}}  {text}\n" for name, text in rows)


@click.command()
def schema_command() -> None:
    """The JSON Schema (draft-07) of specs, for editors."""
    from archc.schema import schema_text

    click.echo(schema_text(), nl=False)


@click.command()
@click.argument("name")
@click.option("-o", "--output", type=OutputFile(), help="Write to this new file.")
def new_command(name: str, output: str | None) -> None:
    """A spec to start from: a small network for images."""
    from archc.describe.start import starting_spec

    _check_name(name)
    if output is None:
        click.echo(starting_spec(name, f"../{_SCHEMA.as_posix()}"), nl=False)
        return
    path = Path(output)
    schema_path = Path(os.path.relpath(_SCHEMA, path.parent)).as_posix()
    _write_new(path, starting_spec(name, schema_path))
    if not _SCHEMA.exists():
        write = f"mkdir -p {_SCHEMA.parent} && archc schema > {_SCHEMA.as_posix()}"
        click.echo(f"for editors: {write}", err=True)


def _check_name(name: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from archc.document.format import SnakeName

    try:
        TypeAdapter(SnakeName).validate_python(name)
    except ValidationError:
        message = f"`{name}` cannot be a network's name: use up to 64 small letters, digits and `_`"
        raise click.BadParameter(message, param_hint="NAME") from None


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"{path} exists, and `new` overwrites nothing") from None
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """The script that lets a shell complete commands and names."""
    found = get_completion_class(shell)
    assert found is not None
    root = click.get_current_context().find_root().command
    click.echo(found(root, {}, "archc", "_ARCHC_COMPLETE").source())
