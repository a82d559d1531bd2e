"""`archc explain`."""

from __future__ import annotations

import click

from archc.diagnostics.explain import code_list, code_of, explanation, no_such_code


@click.command()
@click.argument("code", required=False)
def explain_command(code: str | None) -> None:
    """What a code means, with a wrong and a right example.

    Without CODE, all codes.
    """
    if code is None:
        click.echo(code_list(), nl=False)
        return
    found = code_of(code)
    if found is None:
        raise click.BadParameter(no_such_code(code), param_hint="CODE")
    click.echo(explanation(found), nl=False)
