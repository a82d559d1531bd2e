"""`archc ops` and `archc blocks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from archc.blocks import BLOCKS
from archc.describe.example import example_spec
from archc.describe.page import block_page, operation_page
from archc.describe.summary import block_summary, operation_summary
from archc.diagnostics import suggest
from archc.document.loader import builtin_block
from archc.ops import OPERATIONS

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
    page = operation_page(name) if name else _list(sorted(OPERATIONS), operation_summary)
    click.echo(page, nl=False)


@click.command()
@click.argument("name", type=_BLOCK, required=False)
@click.option("--source", is_flag=True, help="With NAME: the block as it is written.")
@click.option("--example", is_flag=True, help="With NAME: a spec that calls it, as in its paper.")
def blocks_command(name: str | None, source: bool, example: bool) -> None:
    """The built-in blocks, or all about one of them."""
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
