"""`archc validate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from archc.cli.files import write
from archc.cli.judging import ask, judge, message_style, show, show_count, write_out
from archc.cli.options import FOR_PEOPLE, message_format, network_choices
from archc.compiler import Spec
from archc.diagnostics import Diagnostic, SpecError
from archc.lint import OPT_IN
from archc.source import FileError, read
from archc.verdict import Question


@click.command()
@click.argument(
    "specs", nargs=-1, required=True, type=click.Path(allow_dash=True), metavar="SPEC..."
)
@network_choices
@message_format(
    "--format",
    "--message-format",
    help="How to say what is wrong. `json`, `github` and `sarif` are all of standard output.",
)
@click.option(
    "--fix",
    is_flag=True,
    help="Mend misspelt names and missing quotes in the files, where that is sure.",
)
@click.option(
    "--unsafe-fixes",
    "unsafe",
    is_flag=True,
    help="With --fix, mend what is likely but not sure too.",
)
@click.option(
    "--warn",
    "opt_in",
    multiple=True,
    type=click.Choice(["all", *(code.name for code in OPT_IN)]),
    help="Warn of this too.",
)
@click.option("--strict", is_flag=True, help="Warnings are errors.")
def validate(
    specs: tuple[str, ...],
    params: Any,
    inputs: Any,
    variant: str | None,
    fix: bool,
    unsafe: bool,
    opt_in: tuple[str, ...],
    strict: bool,
) -> None:
    """Check specs: of each that is right, its costs and sizes."""
    from archc.emit.line import line

    codes = frozenset(code for code in OPT_IN if "all" in opt_in or code.name in opt_in)
    question = ask(params, inputs, variant)._replace(opt_in=codes, strict=strict)
    style = message_style()
    said: list[Diagnostic] = []
    code = 0
    for spec in specs:
        if fix:
            _mend(spec, question, unsafe)
        verdict = judge(spec, question)
        code = max(code, verdict.exit_code)
        if style in FOR_PEOPLE:
            show(verdict.diagnostics, style, len(said))
            if verdict.network is not None:
                click.echo(line(verdict.network))
        said += verdict.diagnostics
    if style in FOR_PEOPLE:
        show_count(said, style)
        if style == "full":
            _show_hidden(said, fix, unsafe)
    else:
        write_out(said, style, err=False)
    sys.exit(code)


def _show_hidden(diagnostics: Sequence[Diagnostic], fix: bool, unsafe: bool) -> None:
    """Says how many fixes are there that were not asked for."""
    number = sum(1 for each in diagnostics if each.fix and not each.fix.is_safe)
    if number and not (fix and unsafe):
        are = "fix is" if number == 1 else "fixes are"
        options = "--unsafe-fixes" if fix else "--fix --unsafe-fixes"
        click.echo(f"{number} {are} available with `{options}`", err=True)


def _mend(spec: str, question: Question, unsafe: bool) -> None:
    """Applies fixes to a file, which stays as it is everywhere else."""
    from archc.apply_fixes import apply_fixes

    if spec == "-":
        raise click.UsageError("--fix needs a file to change, not standard input")
    try:
        with suppress(SpecError):  # which may be what can be mended
            Spec.from_file(spec)
        whole = Path(spec).read_bytes().decode("utf-8")
    except (FileError, OSError, UnicodeDecodeError):
        return  # said by the validation that follows
    text = whole.removeprefix("\ufeff")
    folder = Path(spec).parent
    after, count = apply_fixes(
        text, lambda each: question.verdict(spec, lambda: Spec(read(each, spec), folder)), unsafe
    )
    if count:
        # through a link to the file itself, and with the byte order mark that `text` is without
        write(whole.removesuffix(text) + after, Path(spec).resolve())
        click.echo(f"fixed {count} mistake{'s' * (count > 1)} in {spec}", err=True)
