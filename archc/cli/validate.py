"""`archc validate`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import click

from archc.cli.files import write
from archc.cli.folders import is_folder, with_folders
from archc.cli.reporting import show_count, show_diagnostics, write_out
from archc.cli.request import FOR_PEOPLE, takes_requests
from archc.compiler import Spec
from archc.diagnostics import Code, Diagnostic, SpecError
from archc.emit.line import line
from archc.lint import OPT_IN
from archc.source import FileError, read
from archc.validate import Outcome, Request, refused, told_once


@click.command()
@takes_requests
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
@click.option("--all-variants", is_flag=True, help="Check each variant, and print a line for each.")
@click.option("--strict", is_flag=True, help="Warnings are errors.")
def validate_command(
    specs: tuple[str, ...],
    request: Request,
    fix: bool,
    unsafe: bool,
    opt_in: tuple[str, ...],
    all_variants: bool,
    strict: bool,
) -> None:
    """Check specs, or all in a folder: their costs and sizes."""
    if all_variants and request.variant is not None:
        raise click.UsageError("--all-variants and --variant do not go together")
    request = request._replace(opt_in=_codes(opt_in), strict=strict)
    style = request.message_format
    said: dict[Diagnostic, None] = {}
    found: list[Found] = []
    for path, is_empty in with_folders(specs):
        one = request._replace(spec=path)
        if fix and not is_empty:
            _apply_fixes(one, unsafe)
        outcomes = _empty(path) if is_empty else one.outcomes(all_variants)
        found += (Found(one, *each) for each in outcomes.items())
        new = [each for each in told_once(outcomes) if each not in said]
        if style in FOR_PEOPLE:
            show_diagnostics(new, style, len(said))
            _say(one.name, outcomes.values())
        said |= dict.fromkeys(new)
    if style not in FOR_PEOPLE:
        _write([*said], style, found)
    else:
        if any(map(is_folder, specs)):
            _count(found)
        show_count([*said], style)
        if style == "full":
            _show_hidden([*said], fix, unsafe)
    sys.exit(max(each.outcome.exit_code for each in found))


def _codes(names: Sequence[str]) -> frozenset[Code]:
    """The warnings that `--warn` asks for."""
    return frozenset(code for code in OPT_IN if "all" in names or code.name in names)


class Found(NamedTuple):
    """The outcome of a spec, or of a variant of it."""

    request: Request
    variant: str | None
    outcome: Outcome


def _empty(folder: str) -> Mapping[str | None, Outcome]:
    message = f"{folder} has no specs: no .yaml or .yml file with the key `archc`"
    return {None: refused(FileError(message), folder)}


def _say(name: str, outcomes: Iterable[Outcome]) -> None:
    """A line for each network, and for a file of blocks."""
    for outcome in outcomes:
        if outcome.network is not None:
            click.echo(line(outcome.network))
        elif outcome.blocks:
            click.echo(f"{name}: {_number(len(outcome.blocks), 'block')}")


def _count(found: Sequence[Found]) -> None:
    """How many files were checked, where a folder may have any number."""
    libraries = {each.request.spec for each in found if each.outcome.blocks}
    specs = {each.request.spec for each in found if not is_folder(each.request.spec)} - libraries
    parts = [_number(len(specs), "spec")]
    if libraries:
        parts.append(_number(len(libraries), "file of blocks", "files of blocks"))
    click.echo(f"checked {' and '.join(parts)}", err=True)


def _number(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def _write(said: Sequence[Diagnostic], style: str, found: Sequence[Found]) -> None:
    """The diagnostics in a format for programs; in JSON too what the line for people says."""
    if style != "json":
        write_out(said, style, err=False)
        return
    from archc.diagnostics.machine import render_json
    from archc.emit.json import facts

    specs = []
    for request, variant, outcome in found:
        told: dict[str, Any] = {"file": request.name, "variant": variant}
        told["valid"] = outcome.is_right
        if outcome.network is not None:
            told |= facts(outcome.network)
        elif outcome.blocks:
            told["blocks"] = outcome.blocks
        specs.append(told)
    click.echo(render_json(said, specs), nl=False)


def _show_hidden(diagnostics: Sequence[Diagnostic], fix: bool, unsafe: bool) -> None:
    """Says how many fixes are there that were not asked for."""
    number = sum(1 for each in diagnostics if each.fix and not each.fix.is_safe)
    if number and not (fix and unsafe):
        are = "fix is" if number == 1 else "fixes are"
        options = "--unsafe-fixes" if fix else "--fix --unsafe-fixes"
        click.echo(f"{number} {are} available with `{options}`", err=True)


def _apply_fixes(request: Request, unsafe: bool) -> None:
    """Applies fixes to a file, which stays as it is everywhere else."""
    from archc.apply_fixes import apply_fixes

    spec = request.spec
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
        text, lambda each: request.outcome(lambda: Spec(read(each, spec), folder)), unsafe
    )
    if count:
        # through a link to the file itself, and with the byte order mark that `text` is without
        write(whole.removesuffix(text) + after, Path(spec).resolve())
        click.echo(f"fixed {count} mistake{'s' * (count > 1)} in {spec}", err=True)
