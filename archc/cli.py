"""The command line. Exit code 0: fine; 1: the spec is wrong; 2: the call or a file is."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from archc.commands import COMMANDS
from archc.compiler import Spec, to_source
from archc.diagnostics import Diagnostic, SpecError
from archc.memory import DEFAULT_MEMORY, memory_bytes, memory_text
from archc.network import Network
from archc.source import FileError, read
from archc.verdict import Question, Verdict

WRONG_SPEC = 1
WRONG_CALL = 2

ASKED = {
    "linear-without-flatten": "ARC904",
    "bias-before-batch-norm": "ARC905",
    "dropout-before-batch-norm": "ARC906",
    "dropped-rows": "ARC907",
}
"""The warnings that are off unless asked."""

_FOR_PEOPLE = ("full", "concise")

F = TypeVar("F", bound=Callable[..., Any])


class FileTrouble(click.FileError):
    """A file that cannot be read or written."""

    exit_code = WRONG_CALL


class Setting(click.ParamType[tuple[str, Any]]):
    """`NAME=VALUE`, the value read as in a spec."""

    name = "NAME=VALUE"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        name, equals, text = value.partition("=")
        if not name or not equals:
            self.fail(f"`{value}` is not NAME=VALUE", param, ctx)
        try:
            return name, read(text, "--set").data
        except SpecError as error:
            self.fail(f"`{text}`: {error.diagnostics[0].message}", param, ctx)


class Sizes(click.ParamType[tuple[str, tuple[int, ...]]]):
    """`NAME=1x224x224`: the sizes of an input, batch left out."""

    name = "NAME=1x224x224"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[int, ...]]:
        name, _, text = value.partition("=")
        parts = text.split("x")
        if not name or not all(
            part.isascii() and part.isdigit() and 0 < len(part) <= 9 for part in parts
        ):
            self.fail(f"`{value}` is not NAME=1x224x224 (the batch is left out)", param, ctx)
        sizes = tuple(int(part) for part in parts)
        if 0 in sizes:
            self.fail(f"`{value}`: sizes are at least 1", param, ctx)
        return name, sizes


class Memory(click.ParamType[int]):
    """`64GiB`: how much memory a network may need."""

    name = "64GiB"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = value if isinstance(value, int) else memory_bytes(value)
        if number is None:
            self.fail(f"`{value}` is not an amount of memory such as 64GiB", param, ctx)
        return number


def _choices(command: F) -> F:
    """The options that choose which network a spec means, and how large it may be."""
    command = click.option(
        "--max-memory",
        type=Memory(),
        default=DEFAULT_MEMORY,
        expose_value=False,
        callback=_keep_memory,
        help=f"What parameters and the largest activation may take: {memory_text(DEFAULT_MEMORY)} "
        "unless given.",
    )(command)
    command = click.option("--variant", metavar="NAME", help="A member of the family.")(command)
    command = click.option(
        "--input", "inputs", type=Sizes(), multiple=True, help="Sizes of an input, batch left out."
    )(command)
    return click.option(
        "--set", "params", type=Setting(), multiple=True, help="A parameter's value."
    )(command)


def _keep_memory(ctx: click.Context, _: click.Parameter, value: int) -> None:
    ctx.meta[_MEMORY] = value


_MEMORY = "archc.max_memory"
_force = click.option(
    "--force", is_flag=True, help="With -o: overwrite a file that archc did not write."
)
_spec = click.argument("spec", type=click.Path(allow_dash=True))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="archc", message="archc %(version)s")
def main() -> None:
    """archc compiles neural-network architectures, written as YAML, to PyTorch."""
    # A command lives for a moment: no search for pydantic's plugins, few collections of cycles.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(100_000, 50, 50)


for command in COMMANDS:
    main.add_command(command)


@main.command()
@click.argument(
    "specs", nargs=-1, required=True, type=click.Path(allow_dash=True), metavar="SPEC..."
)
@_choices
@click.option(
    "--format",
    "style",
    type=click.Choice(["full", "concise", "json", "github", "sarif"]),
    default="full",
    help="How to say what is wrong. `json`, `github` and `sarif` are all of standard output.",
)
@click.option("--fix", is_flag=True, help="Mend misspelt names in the files, where that is sure.")
@click.option(
    "--warn",
    "asked",
    multiple=True,
    type=click.Choice(["all", *ASKED]),
    help="Warn of this too.",
)
@click.option("--strict", is_flag=True, help="Warnings are errors.")
def validate(
    specs: tuple[str, ...],
    params: Any,
    inputs: Any,
    variant: str | None,
    style: str,
    fix: bool,
    asked: tuple[str, ...],
    strict: bool,
) -> None:
    """Check specs; for each that is right, one line with its costs and sizes."""
    from archc.emit.line import line

    codes = frozenset(ASKED.values() if "all" in asked else map(ASKED.__getitem__, asked))
    question = _question(params, inputs, variant)._replace(asked=codes, strict=strict)
    said: list[Diagnostic] = []
    code = 0
    for spec in specs:
        if fix:
            _mend(spec, question)
        verdict = _verdict(spec, question)
        code = max(code, verdict.exit_code)
        said += verdict.diagnostics
        if style in _FOR_PEOPLE:
            _show(verdict.diagnostics, style)
            if verdict.network is not None:
                click.echo(line(verdict.network))
    if style == "full":
        _count(said)
    elif style not in _FOR_PEOPLE:
        from archc.diagnostics.machine import WRITERS

        click.echo(WRITERS[style](said), nl=False)
    sys.exit(code)


@main.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """What a code means, with a wrong and a right example; or all codes."""
    from archc.diagnostics.explain import code_list, code_of, explanation, no_such_code

    if code is None:
        click.echo(code_list(), nl=False)
        return
    found = code_of(code)
    if found is None:
        raise click.BadParameter(no_such_code(code), param_hint="CODE")
    click.echo(explanation(found), nl=False)


@main.command()
@_spec
@_choices
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Write to this file, whole or not at all.",
)
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
@_force
@click.option("--guards", is_flag=True, help="The network checks the sizes of its inputs.")
def compile(  # noqa: A001
    spec: str,
    params: Any,
    inputs: Any,
    variant: str | None,
    output: str | None,
    only_check: bool,
    target: str,
    force: bool,
    guards: bool,
) -> None:
    """Compile a spec to stand-alone PyTorch source."""
    if only_check and output is None:
        raise click.UsageError("--check needs -o FILE, the file to compare with")
    text = (
        _document(spec)
        if target == "document"
        else _compiled(spec, params, inputs, variant, target, guards)
    )
    if output is None:
        click.echo(text, nl=False)
    elif only_check:
        _compare(text, Path(output))
    else:
        _save(text, Path(output), force)


@main.command()
@_spec
@_choices
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "markdown", "csv"]),
    default="table",
    help="How to show it.",
)
def summary(spec: str, params: Any, inputs: Any, variant: str | None, style: str) -> None:
    """A row a node: path, operation, output size, parameters, MACs."""
    from archc.emit.csv import csv_text
    from archc.emit.json import json_text
    from archc.emit.table import markdown, table

    writers = {"table": table, "json": json_text, "markdown": markdown, "csv": csv_text}
    network = _network(spec, params, inputs, variant)
    if isinstance(network, int):
        sys.exit(network)
    click.echo(writers[style](network), nl=False)


@main.command()
@_spec
@_choices
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Write to this file, whole or not at all.",
)
@_force
def expand(
    spec: str, params: Any, inputs: Any, variant: str | None, output: str | None, force: bool
) -> None:
    """The same network as a spec without parameters, loops, conditions and expressions."""
    from archc.emit.spec import spec_text

    network = _network(spec, params, inputs, variant)
    if isinstance(network, int):
        sys.exit(network)
    text = spec_text(network)
    if output is None:
        click.echo(text, nl=False)
    else:
        _save(text, Path(output), force)


@main.command()
@_spec
@_choices
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to show it.",
)
@click.option(
    "--at",
    "at",
    type=Sizes(),
    multiple=True,
    help="Ask about these sizes: exit code 0 for yes, 1 for no.",
)
@click.option("--train", is_flag=True, help="In training only.")
@click.option("--batch", type=click.IntRange(min=1), help="In training with this batch.")
def sizes(
    spec: str,
    params: Any,
    inputs: Any,
    variant: str | None,
    style: str,
    at: tuple[tuple[str, tuple[int, ...]], ...],
    train: bool,
    batch: int | None,
) -> None:
    """The input sizes that are accepted, and why no others; the outputs as formulas."""
    from archc.analysis.accepted import Mode, complete
    from archc.emit.sizes import answer, sizes_json, sizes_text

    network = _network(spec, params, inputs, variant)
    if isinstance(network, int):
        sys.exit(network)
    train = train or batch is not None
    if not at:
        modes = tuple(Mode)[train:]
        chosen = modes if batch is None else (Mode.TRAINING_ONE if batch == 1 else Mode.TRAINING,)
        click.echo({"text": sizes_text, "json": sizes_json}[style](network, chosen), nl=False)
        return
    given = complete(network, dict(at))
    if isinstance(given, str):
        raise click.UsageError(given)
    accepted, text = answer(network, given, batch, train)
    click.echo(text, nl=False)
    sys.exit(0 if accepted else WRONG_SPEC)


def _compiled(
    spec: str, params: Any, inputs: Any, variant: str | None, target: str, guards: bool
) -> str:
    network = _network(spec, params, inputs, variant)
    if isinstance(network, int):
        sys.exit(network)
    if target == "python":
        return to_source(network, guards)
    from archc.emit.listing import listing

    return listing(network)


def _document(spec: str) -> str:
    """The parsed document as JSON."""
    from archc.library import load

    try:
        loaded = _load(spec)
        document = load(loaded.source, loaded.folder).document
    except SpecError as error:
        _show(error.diagnostics)
        _count(error.diagnostics)
        sys.exit(WRONG_SPEC)
    except FileError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(WRONG_CALL)
    return document.model_dump_json(indent=2, by_alias=True, exclude_unset=True) + "\n"


def _network(spec: str, params: Any, inputs: Any, variant: str | None) -> Network | int:
    """The network, or the exit code after its errors were shown."""
    verdict = _verdict(spec, _question(params, inputs, variant))
    _show(verdict.diagnostics)
    _count(verdict.diagnostics)
    return verdict.exit_code if verdict.network is None else verdict.network


def _question(params: Any, inputs: Any, variant: str | None) -> Question:
    memory = click.get_current_context().meta[_MEMORY]
    return Question(dict(params), dict(inputs), variant, memory)


def _verdict(spec: str, question: Question) -> Verdict:
    return question.verdict("<stdin>" if spec == "-" else spec, lambda: _load(spec))


def _mend(spec: str, question: Question) -> None:
    """Applies the sure fixes to a file, which stays as it is everywhere else."""
    from archc.verdict import mended

    if spec == "-":
        raise click.UsageError("--fix needs a file to change, not standard input")
    try:
        loaded = Spec.from_file(spec)
        whole = Path(spec).read_bytes().decode("utf-8")
    except (SpecError, FileError, OSError, UnicodeDecodeError):
        return  # said by the validation that follows
    text = loaded.source.file.text
    after, count = mended(
        text, lambda each: question.verdict(spec, lambda: Spec(read(each, spec), loaded.folder))
    )
    if count and whole.endswith(text):
        # through a link to the file itself, and with the byte order mark that `text` is without
        _write(whole.removesuffix(text) + after, Path(spec).resolve())
        click.echo(f"fixed {count} name{'s' * (count > 1)} in {spec}", err=True)


def _load(spec: str) -> Spec:
    """The spec in a file, or on standard input for `-`."""
    if spec != "-":
        return Spec.from_file(spec)
    return Spec.from_bytes(sys.stdin.buffer.read(), "<stdin>")


def _show(diagnostics: Sequence[Diagnostic], style: str = "full") -> None:
    if not diagnostics:
        return
    from archc.diagnostics.render import render_concise, render_full

    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    for diagnostic in diagnostics:
        if style == "concise":
            click.echo(render_concise(diagnostic), err=True)
        else:
            click.echo(f"{render_full(diagnostic, colour)}\n", err=True)


def _count(diagnostics: Sequence[Diagnostic]) -> None:
    """`3 errors, 1 warning`, where there are any."""
    severities = [diagnostic.code.severity for diagnostic in diagnostics]
    numbers = {severity: severities.count(severity) for severity in ("error", "warning")}
    told = [f"{number} {word}{'s' * (number > 1)}" for word, number in numbers.items() if number]
    if told:
        click.echo(", ".join(told), err=True)


def _compare(text: str, path: Path) -> None:
    from difflib import unified_diff

    try:
        present = path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise FileTrouble(str(path), str(error)) from None
    if present != text:
        old, new = (part.splitlines(keepends=True) for part in (present, text))
        click.echo("".join(unified_diff(old, new, str(path), "compiled")), nl=False)
        sys.exit(WRONG_SPEC)


def _save(text: str, path: Path, force: bool) -> None:
    """Writes a file, unless that would destroy what archc did not write."""
    if not force and _is_foreign(text, path):
        raise click.UsageError(f"{path} was not written by archc; --force overwrites it")
    _write(text, path)


def _is_foreign(text: str, path: Path) -> bool:
    """Whether there is a file with something in it that is not archc's."""
    from archc.emit.python import MARK

    if not path.is_file():
        return False
    try:
        present = path.read_bytes()
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None
    return present not in (b"", text.encode()) and not present.startswith(MARK.encode())


def _write(text: str, path: Path) -> None:
    """Writes a file whole or not at all: beside it first, then renamed."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileTrouble(str(path), error.strerror or str(error)) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
