"""Specs judged for a command, and what is said of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from archc.cli.options import MEMORY
from archc.compiler import Spec
from archc.diagnostics import Diagnostic
from archc.network import Network
from archc.verdict import Question, Verdict


def find_network(spec: str, params: Any, inputs: Any, variant: str | None) -> Network:
    """The network that a spec means; where there is none, the command ends after saying why."""
    verdict = judge(spec, ask(params, inputs, variant))
    show(verdict.diagnostics)
    show_count(verdict.diagnostics)
    if verdict.network is None:
        sys.exit(verdict.exit_code)
    return verdict.network


def ask(params: Any, inputs: Any, variant: str | None) -> Question:
    """The question that the options of a command put."""
    memory = click.get_current_context().meta[MEMORY]
    return Question(dict(params), dict(inputs), variant, memory)


def judge(spec: str, question: Question) -> Verdict:
    """The verdict on the spec in a file, or on standard input for `-`."""
    return question.verdict("<stdin>" if spec == "-" else spec, lambda: load_spec(spec))


def load_spec(spec: str) -> Spec:
    """The spec in a file, or on standard input for `-`."""
    if spec != "-":
        return Spec.from_file(spec)
    return Spec.from_bytes(sys.stdin.buffer.read(), "<stdin>")


def show(diagnostics: Sequence[Diagnostic], style: str = "full") -> None:
    """Says diagnostics on standard error, in full or a line each."""
    if not diagnostics:
        return
    from archc.diagnostics.render import render_concise, render_full

    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    for diagnostic in diagnostics:
        if style == "concise":
            click.echo(render_concise(diagnostic), err=True)
        else:
            click.echo(f"{render_full(diagnostic, colour)}\n", err=True)


def show_count(diagnostics: Sequence[Diagnostic]) -> None:
    """`3 errors, 1 warning`, where there are any."""
    severities = [diagnostic.code.severity for diagnostic in diagnostics]
    numbers = {severity: severities.count(severity) for severity in ("error", "warning")}
    told = [f"{number} {word}{'s' * (number > 1)}" for word, number in numbers.items() if number]
    if told:
        click.echo(", ".join(told), err=True)
