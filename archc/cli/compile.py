"""`archc compile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.files import check_output, save
from archc.cli.options import force_option, output_option
from archc.cli.reporting import find_network, info, refuse, report
from archc.cli.request import takes_request
from archc.cli.weight_options import (
    check_weights_file,
    find_match,
    replaceable,
    require_all,
    selection_options,
    write_match,
)
from archc.compiler import to_source
from archc.diagnostics import SpecError
from archc.document.loader import load
from archc.emit.listing import listing
from archc.source import FileError
from archc.validate import Request, refused
from archc.weights.rename import Rename
from archc.weights.selection import Selection

if TYPE_CHECKING:
    from archc.runtime.weights import WeightMatch


@click.command()
@takes_request
@output_option
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="With -o: write nothing; exit 1 with a diff if FILE would change.",
)
@click.option(
    "--emit",
    "target",
    type=click.Choice(["document", "network", "python"]),
    default="python",
    help="The stage to show.",
)
@force_option
@click.option("--guards", is_flag=True, help="The network checks the sizes of its inputs.")
@click.option(
    "--weights",
    type=click.Path(),
    metavar="FILE",
    help="With -o: write the weights in FILE beside the source, where they are the network's.",
)
@selection_options
def compile_command(
    request: Request,
    output: str | None,
    only_check: bool,
    target: str,
    force: bool,
    guards: bool,
    weights: str | None,
    key: str | None,
    drops: tuple[str, ...],
    renames: tuple[Rename, ...],
) -> None:
    """Compile a spec to stand-alone PyTorch source."""
    if only_check and output is None:
        raise click.UsageError("--check needs -o FILE, the file to compare with")
    selection = Selection(key, drops, renames)
    if weights is not None:
        if output is None or target != "python" or Path(output).suffix != ".py":
            raise click.UsageError("--weights needs -o FILE.py, and stands beside Python only")
        network = find_network(request)
        text = to_source(network, guards)
        match = find_match(network, text, weights, selection)
        require_all(match)
        _write_both(request, text, match, Path(output), only_check, force)
        return
    if selection != Selection():
        raise click.UsageError("--key, --drop and --rename need --weights FILE, a file with keys")
    text = _document(request) if target == "document" else _compiled(request, target, guards)
    if output is None:
        click.echo(text, nl=False)
    elif only_check:
        check_output(request, text, Path(output))
    else:
        save(text, Path(output), force)


def _write_both(
    request: Request, text: str, match: WeightMatch, path: Path, only_check: bool, force: bool
) -> None:
    """The source, and the weights beside it; or whether both are there."""
    beside = path.with_suffix(".safetensors")
    if only_check:
        check_output(request, text, path)
        check_weights_file(request, match, beside)
        return
    replaceable(beside, force)
    save(text, path, force)
    write_match(match, beside)
    load = f'safetensors.torch.load_model(module, "{beside.name}")'
    info(request, f"wrote {beside}: `{load}` loads it")


def _compiled(request: Request, target: str, guards: bool) -> str:
    network = find_network(request)
    if target == "python":
        return to_source(network, guards)

    return listing(network)


def _document(request: Request) -> str:
    """The parsed document as JSON."""
    try:
        loaded = request.load()
        unit = load(loaded.source, loaded.folder)
        if unit.mistakes:
            raise SpecError(tuple(unit.mistakes))
    except (SpecError, FileError) as error:
        refuse(request, refused(error, request.name))
    report(request, ())
    return unit.document.model_dump_json(indent=2, by_alias=True, exclude_unset=True) + "\n"
