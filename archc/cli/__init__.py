"""The command line. Exit code 0: fine; 1: the spec is wrong; 2: the call or a file is; 130: Ctrl-C.

A command is imported when it is called: each start loads only what it needs.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

import click

from archc.cli.files import INTERRUPTED, WRONG_CALL

_COMMANDS = {
    "blocks": "reference",
    "compile": "compile",
    "completion": "completion",
    "diagram": "diagram",
    "expand": "expand",
    "explain": "explain",
    "new": "new",
    "ops": "reference",
    "schema": "schema",
    "sizes": "sizes",
    "summary": "summary",
    "validate": "validate",
    "verify": "verify",
    "weights": "weights",
}
"""Every command, and the module of this package that holds it."""

_ELSEWHERE = {
    "build": "compile",
    "check": "validate",
    "docs": "ops",
    "draw": "diagram",
    "emit": "compile",
    "graph": "diagram",
    "init": "new",
    "layers": "ops",
    "lint": "validate",
    "operations": "ops",
    "plot": "diagram",
    "shapes": "sizes",
    "show": "summary",
    "test": "validate",
}
"""What other tools call such commands."""

_EXTRAS = ("torch", "safetensors", "torchvision")
"""The packages that some commands need and others do without."""


class _Commands(click.Group):
    def main(self, *arguments: Any, **settings: Any) -> NoReturn:
        """As click's, with an answer where what is around archc fails."""
        if sys.stdout is None:  # closed: what is no file to write refuses it when it is written
            sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
        try:
            sys.exit(self._code(*arguments, **{**settings, "standalone_mode": False}))
        except OSError as error:
            if error.filename is not None or error.strerror is None:
                raise
            sys.exit(_unwritable(error))

    def _code(self, *arguments: Any, **settings: Any) -> int:
        """The exit code that a call ends with."""
        try:
            if sys.flags.optimize > 1:
                raise click.UsageError(
                    "`python -OO` is not supported: it drops texts that are shown"
                )
            return int(super().main(*arguments, **settings) or 0)
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except click.Abort:
            click.echo("Aborted!", err=True)
            return INTERRUPTED
        except ImportError as error:
            if error.name not in _EXTRAS:
                raise
            click.echo(f"error: {error}", err=True)
            return WRONG_CALL

    def invoke(self, ctx: click.Context) -> Any:
        # A command lives for a moment: no search for pydantic's plugins, few collections of cycles,
        # and none at its end, which would go through all that it holds.
        if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__") == "__all__":
            _import_no_loader_of_plugins()
        gc.set_threshold(100_000, 50, 50)
        atexit.register(gc.freeze)
        return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(
            import_module(f"archc.cli.{module}"), f"{cmd_name}_command"
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word not in _COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command '{word}'.{_meant(word)}")
        return super().resolve_command(ctx, args)


def _import_no_loader_of_plugins() -> None:
    """Pydantic asks its loader of plugins even where none is allowed, and the real one imports a
    tenth of all that a command does.
    """
    loader = ModuleType("pydantic.plugin._loader")
    vars(loader)["get_plugins"] = tuple
    sys.modules.setdefault(loader.__name__, loader)


def _unwritable(error: OSError) -> int:
    """The exit code after `error`, which is told; what waits to be written is dropped."""
    with suppress(OSError):
        click.echo(f"error: cannot write standard output: {str(error.strerror).lower()}", err=True)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return WRONG_CALL


def _meant(word: str) -> str:
    """What was likely meant by a `word` that is no command."""
    if word.endswith((".yaml", ".yml")):
        return f" Did you mean `archc validate {word}`?"
    from archc.diagnostics import suggest

    command = _ELSEWHERE.get(word) or suggest(word, _COMMANDS)
    return f" Did you mean `{command}`?" if command else ""


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="archc", message="archc %(version)s")
def main() -> None:
    """archc compiles neural-network architectures, written as YAML, to PyTorch."""
