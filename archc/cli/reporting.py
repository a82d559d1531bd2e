"""What commands report of a spec, on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from archc.cli.request import FOR_PROGRAMS
from archc.diagnostics import Diagnostic
from archc.network import Network
from archc.validate import Outcome, Request


def find_network(request: Request) -> Network:
    """The network that a spec means; where there is none, the command ends after saying why."""
    outcome = request.outcome()
    if outcome.network is None:
        refuse(request, outcome)
    report(request, outcome.diagnostics)
    return outcome.network


def refuse(request: Request, outcome: Outcome) -> NoReturn:
    """Ends the command after saying why a spec is refused."""
    report(request, outcome.diagnostics)
    sys.exit(outcome.exit_code)


def report(request: Request, diagnostics: Sequence[Diagnostic]) -> None:
    """Says diagnostics on standard error, which a format for programs has to itself."""
    style = request.message_format
    if style in FOR_PROGRAMS:
        write_out(diagnostics, style, err=True)
        return
    show_diagnostics(diagnostics, style)
    show_count(diagnostics, style)


def info(request: Request, text: str) -> None:
    """Says in passing, on standard error, what a person may want to know."""
    if request.message_format not in FOR_PROGRAMS:
        click.echo(text, err=True)


def write_out(diagnostics: Sequence[Diagnostic], style: str, err: bool) -> None:
    """Writes diagnostics in a format for programs."""
    from archc.diagnostics.machine import WRITERS

    click.echo(WRITERS[style](diagnostics), nl=False, err=err)


def show_diagnostics(diagnostics: Sequence[Diagnostic], style: str, said: int = 0) -> None:
    """Says diagnostics on standard error, in full or a line each, where `said` were before."""
    if not diagnostics:
        return
    from archc.diagnostics.first import MAX_SHOWN, first
    from archc.diagnostics.render import render_concise, render_full

    colour = _is_coloured()
    for diagnostic in first(diagnostics, MAX_SHOWN - said):
        if style == "concise":
            click.echo(render_concise(diagnostic), err=True)
        else:
            click.echo(f"{render_full(diagnostic, colour)}\n", err=True, color=colour)


def _is_coloured() -> bool:
    """Whether diagnostics have colours: on a terminal, unless the environment says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stderr.isatty()


def show_count(diagnostics: Sequence[Diagnostic], style: str) -> None:
    """How many of all diagnostics were not shown; in full, `3 errors, 1 warning` too."""
    if not diagnostics:
        return
    from archc.diagnostics.first import omitted_text

    if rest := omitted_text(diagnostics):
        click.echo(rest, err=True)
    if style != "full":
        return
    severities = [diagnostic.code.severity for diagnostic in diagnostics]
    numbers = {severity: severities.count(severity) for severity in ("error", "warning")}
    told = [f"{number:,} {word}{'s' * (number > 1)}" for word, number in numbers.items() if number]
    click.echo(", ".join(told), err=True)
