"""Specs judged for a command, and what is said of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from archc.cli.options import FOR_PROGRAMS, MEMORY, STYLE
from archc.compiler import Spec
from archc.diagnostics import Diagnostic
from archc.network import Network
from archc.source import MAX_BYTES, FileError
from archc.validate import Outcome, Request


def find_network(spec: str, params: Any, inputs: Any, variant: str | None) -> Network:
    """The network that a spec means; where there is none, the command ends after saying why."""
    outcome = judge(spec, make_request(params, inputs, variant))
    if outcome.network is None:
        refuse(outcome)
    report(outcome.diagnostics)
    return outcome.network


def refuse(outcome: Outcome) -> NoReturn:
    """Ends the command after saying why a spec is refused."""
    report(outcome.diagnostics)
    sys.exit(outcome.exit_code)


def report(diagnostics: Sequence[Diagnostic]) -> None:
    """Says diagnostics on standard error, which a format for programs has to itself."""
    style = message_style()
    if style in FOR_PROGRAMS:
        write_out(diagnostics, style, err=True)
        return
    show_diagnostics(diagnostics, style)
    show_count(diagnostics, style)


def info(text: str) -> None:
    """Says in passing, on standard error, what a person may want to know."""
    if message_style() not in FOR_PROGRAMS:
        click.echo(text, err=True)


def message_style() -> str:
    """The format in which the command says its diagnostics."""
    style: str = click.get_current_context().meta[STYLE]
    return style


def write_out(diagnostics: Sequence[Diagnostic], style: str, err: bool) -> None:
    """Writes diagnostics in a format for programs."""
    from archc.diagnostics.machine import WRITERS

    click.echo(WRITERS[style](diagnostics), nl=False, err=err)


def make_request(params: Any, inputs: Any, variant: str | None) -> Request:
    """The request that the options of a command put."""
    memory = click.get_current_context().meta[MEMORY]
    return Request(dict(params), dict(inputs), variant, memory)


def judge(spec: str, request: Request) -> Outcome:
    """The outcome on the spec in a file, or on standard input for `-`."""
    return request.outcome(spec_name(spec), lambda: load_spec(spec))


def validate_all(spec: str, request: Request, all_variants: bool) -> Mapping[str | None, Outcome]:
    """The outcomes on the variants of a spec that are asked for."""
    return request.outcomes(spec_name(spec), lambda: load_spec(spec), all_variants)


def spec_name(spec: str) -> str:
    """What messages call the file `spec`."""
    return "<stdin>" if spec == "-" else spec


def load_spec(spec: str) -> Spec:
    """The spec in a file, or on standard input for `-`."""
    if spec != "-":
        return Spec.from_file(spec)
    if sys.stdin is None:
        raise FileError(f"{spec_name(spec)} is closed")
    # one byte more than is allowed, for it may have no end
    return Spec.from_bytes(sys.stdin.buffer.read(MAX_BYTES + 1), spec_name(spec))


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
