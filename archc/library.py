"""The files that a spec is made of: itself, those it uses, and the built-in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from archc.blocks import BLOCKS
from archc.diagnostics import Diagnostic, Label, SpecError, catalogue
from archc.document import BlockBody, BlockFile, Document, Library
from archc.parse import parse
from archc.source import FileError, Source, YamlPath, read_file

_BLOCKS_FOLDER = Path(__file__).parent / "blocks"


class BlockText(NamedTuple):
    """A block as it is written: in which unit, at which path."""

    unit: Unit
    name: str
    body: BlockBody
    path: YamlPath


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One file of a spec. Names of blocks in its text mean the blocks that it holds or uses."""

    source: Source
    model: Library | None
    blocks: Mapping[str, BlockText]
    builtin: bool = False

    @property
    def document(self) -> Document:
        """The model of the spec's own file."""
        assert isinstance(self.model, Document)
        return self.model


def load(source: Source, folder: Path | None) -> Unit:
    """A spec with all that it uses; `folder` holds it, None where it has no file.

    Raises SpecError where a file does not fit the format or `use` leads nowhere.
    """
    return _load(source, folder, folder, ())


def block_text(unit: Unit, name: str) -> BlockText | None:
    """The block that `name` means in the text of `unit`."""
    if name in BLOCKS:
        return builtin_block(name)
    return unit.blocks.get(name)


@cache
def builtin_block(name: str) -> BlockText:
    """A block of the package."""
    path = _BLOCKS_FOLDER / f"{name}.yaml"
    source = read_file(path)
    return BlockText(Unit(source, None, {}, builtin=True), name, parse(source, BlockFile), ())


def _load(source: Source, folder: Path | None, root: Path | None, above: tuple[Path, ...]) -> Unit:
    is_spec = not above or (isinstance(source.data, dict) and "graph" in source.data)
    model = parse(source, Document if is_spec else Library)
    blocks: dict[str, BlockText] = {}
    unit = Unit(source, model, blocks)
    for name, body in model.blocks.items():
        blocks[name] = BlockText(unit, name, body, ("blocks", name))
    for index, relative in enumerate(model.use):
        for text in _used(source, index, relative, folder, root, above):
            if text.name in blocks and blocks[text.name].unit.source.file != text.unit.source.file:
                raise _refusal(
                    source,
                    index,
                    catalogue.DUPLICATE_NAME,
                    f"the block `{text.name}` comes from two files",
                    related=blocks[text.name],
                )
            blocks[text.name] = text
    return unit


def _used(
    source: Source,
    index: int,
    relative: str,
    folder: Path | None,
    root: Path | None,
    above: tuple[Path, ...],
) -> Iterator[BlockText]:
    """The blocks of one `use` line."""
    if folder is None or root is None:
        raise _refusal(
            source, index, catalogue.USE_FAILS, "a spec without a file cannot use other files"
        )
    try:
        path = (folder / relative).resolve()
    except (OSError, RuntimeError):  # links that lead in a circle
        message = f"`{relative}` leads nowhere"
        raise _refusal(source, index, catalogue.USE_FAILS, message) from None
    if Path(relative).is_absolute() or not path.is_relative_to(root.resolve()):
        raise _refusal(
            source,
            index,
            catalogue.USE_FAILS,
            f"`{relative}` is outside the folder of the spec",
            help="used files lie in the spec's own folder or below",
        )
    if path in above:
        raise _refusal(source, index, catalogue.USE_FAILS, f"`{relative}` uses itself")
    try:
        used = read_file(folder / relative)
    except FileError as error:
        raise _refusal(source, index, catalogue.USE_FAILS, str(error)) from None
    unit = _load(used, path.parent, root, (*above, path))
    return iter(unit.blocks.values())


def _refusal(
    source: Source,
    index: int,
    code: catalogue.Code,
    message: str,
    help: str | None = None,
    related: BlockText | None = None,
) -> SpecError:
    labels = (
        ()
        if related is None
        else (Label(related.unit.source.place(related.path, key=True), "and from here"),)
    )
    return SpecError((Diagnostic(code, message, source.place(("use", index)), labels, help),))
