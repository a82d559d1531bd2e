"""Weights of a file for a network, as several commands take them."""

from __future__ import annotations

import filecmp
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from archc.cli.files import WRONG_CALL, WRONG_SPEC, FileTrouble, outdated
from archc.cli.options import F
from archc.emit.python import root_class
from archc.network import Network
from archc.source import FileError
from archc.validate import Request
from archc.weights.rename import Rename, RenameError
from archc.weights.report import comparison_text, gain_text
from archc.weights.selection import DropError, Selection

if TYPE_CHECKING:
    from archc.runtime.weights import WeightMatch

MARK = "written by archc"
"""What files of weights say that are a command's, and that it may replace."""


class RenameType(click.ParamType[Rename]):
    """`OLD=NEW`: a rename of keys."""

    name = "OLD=NEW"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Rename:
        try:
            return Rename.parse(value)
        except RenameError as error:
            self.fail(str(error), param, ctx)


def selection_options(command: F) -> F:
    """The options of which a Selection is made."""
    key = click.option(
        "--key", metavar="NAME", help="The file's `state_dict` is under NAME; `a.b`: b within a."
    )
    drop = click.option(
        "--drop",
        "drops",
        metavar="KEY",
        multiple=True,
        help="Leave out KEY, and keys of the file that begin with `KEY.`; before any --rename.",
    )
    rename = click.option(
        "--rename",
        "renames",
        type=RenameType(),
        multiple=True,
        help="Keys of the file that begin with OLD begin with NEW; `.OLD=.NEW`: anywhere in a key.",
    )
    return key(drop(rename(command)))


def find_match(network: Network, source: str, file: str, selection: Selection) -> WeightMatch:
    """The weights in `file` beside those of a network with this `source`; where they cannot be
    read, the command ends after saying why.
    """
    from archc.runtime.weights import match_weights, shapes_of

    try:
        return match_weights(shapes_of(source, root_class(network)), file, selection)
    except (DropError, RenameError) as error:
        raise click.UsageError(str(error)) from None
    except FileError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(WRONG_CALL)


def require_all(match: WeightMatch) -> None:
    """Ends the command after saying why, where the weights are not exactly the network's."""
    if match.comparison.is_complete:
        return

    click.echo(f"error: {comparison_text(match.name, match.comparison)}", nl=False, err=True)
    say_advice(match, err=True)
    sys.exit(WRONG_SPEC)


def say_advice(match: WeightMatch, err: bool) -> None:
    """Says which options would match more keys."""
    if match.advice is None:
        return

    options = " ".join(_options(match.advice.selection))
    click.echo(f"help: `{options}` {gain_text(match.advice)}", err=err)


def _options(selection: Selection) -> Iterator[str]:
    if selection.key is not None:
        yield f"--key {shlex.quote(selection.key)}"
    yield from (f"--drop {shlex.quote(drop)}" for drop in selection.drops)
    yield from (f"--rename {shlex.quote(str(rename))}" for rename in selection.renames)


def replaceable(path: Path, force: bool) -> Path:
    """`path`, where there is no file yet, or one that a command wrote; or `force` is given."""
    from archc.runtime.weight_file import mark_of

    try:
        is_empty = not path.is_file() or not path.stat().st_size
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None
    if not force and not is_empty and mark_of(path) != MARK:
        raise click.UsageError(f"{path} was not written by archc; --force overwrites it")
    return path


def write_match(match: WeightMatch, path: Path) -> None:
    """Writes weights under the network's keys, as safetensors."""
    from archc.runtime.weight_file import write_weights

    try:
        write_weights(match.tensors, path, MARK)
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None


def check_weights_file(request: Request, match: WeightMatch, path: Path) -> None:
    """Ends the command where `path` does not hold what would be written there."""
    with TemporaryDirectory() as folder:
        fresh = Path(folder) / path.name
        write_match(match, fresh)
        if path.is_file() and filecmp.cmp(path, fresh, shallow=False):
            return
    click.echo(f"{path} does not hold the weights of {match.name}")
    outdated(request, path)
