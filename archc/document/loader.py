"""The files that a spec is made of: itself, those it uses, and the built-in blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from archc.blocks import BLOCKS
from archc.diagnostics import Code, Diagnostic, Label, catalogue
from archc.document.format import BlockBody, BlockFile, Document, Library
from archc.document.parse import parse_model
from archc.source import MAX_BYTES, FileError, Source, YamlPath, read_file

MAX_FILES = 1_000
"""How many files a spec is made of."""

MAX_USES = 64
"""How many files a chain of `use` has."""

MAX_TEXT = 2 * MAX_BYTES
"""The characters of all files of a spec together."""

_BLOCKS_FOLDER = Path(__file__).parents[1] / "blocks"


class BlockText(NamedTuple):
    """A block as it is written: in which unit, at which path."""

    unit: Unit
    name: str
    body: BlockBody
    path: YamlPath


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One file of a spec. Names of blocks in its text mean the blocks that it holds or uses.

    `owners` says of each block of the spec which file holds it, and `used` are the files whose
    blocks this one sees beside its own. `mistakes` are those of all files' formats, where it is the
    spec's own; of what stands at the paths `broken` nothing is known.
    """

    source: Source
    model: Library | None
    owners: Mapping[str, Path] = field(default_factory=dict)
    used: Mapping[Path, Unit] = field(default_factory=dict)
    builtin: bool = False
    mistakes: Sequence[Diagnostic] = ()
    broken: frozenset[YamlPath] = frozenset()

    @property
    def document(self) -> Document:
        """The model of the spec's own file."""
        assert isinstance(self.model, Document)
        return self.model

    @property
    def blocks(self) -> list[str]:
        """The names of all blocks that its text may call, the package's left out."""
        own = self.model.blocks if self.model else ()
        return [name for name, path in self.owners.items() if name in own or path in self.used]

    def broken_keys(self, path: YamlPath) -> Sequence[str]:
        """The keys at `path` whose entries are broken."""
        return _last_steps(self.broken).get(path, ())

    @property
    def uses_broken(self) -> bool:
        """Whether it uses a file of which not all blocks are known."""
        lost = ("use",) in self.broken or bool(self.broken_keys(("use",)))
        return lost or any(unit.broken for unit in self.used.values())

    def block(self, name: str) -> BlockText | None:
        """The block that it holds or uses under this `name`."""
        is_own = self.model is not None and name in self.model.blocks
        unit = self if is_own else self.used.get(self.owners.get(name, Path()))
        if unit is None or unit.model is None:
            return None
        return BlockText(unit, name, unit.model.blocks[name], ("blocks", name))


def is_library(source: Source) -> bool:
    """Whether a file has blocks for others and is no spec itself, by its keys."""
    keys = source.data.keys() if isinstance(source.data, dict) else set()
    return "blocks" in keys and keys <= Library.model_fields.keys()


def load(source: Source, folder: Path | None, model: type[Library] = Document) -> Unit:
    """A spec, or what else the `model` is of, with all that it uses; `folder` holds it, None where
    it has no file.

    What does not fit the format, and where `use` leads nowhere, are its `mistakes`. Raises
    SpecError where a file is none of archc's.
    """
    is_alone = isinstance(source.data, dict) and "use" not in source.data
    if is_alone:
        return _loaded(source, None, model)
    return _loaded.__wrapped__(source, folder, model)


@lru_cache(maxsize=8)
def _loaded(source: Source, folder: Path | None, model: type[Library]) -> Unit:
    files = _files(source, folder, model)
    found = [mistake for file in files for mistake in file.mistakes]
    owners: dict[str, Path] = {}
    for file in files:
        for name in file.model.blocks:
            if owners.setdefault(name, file.path) != file.path:
                found.append(_twice(files, name))
    units: dict[Path, Unit] = {}
    for file in files:
        used: dict[Path, Unit] = {}
        for path in filter(None, file.uses):
            used |= {**units[path].used, path: units[path]}
        lost = {("use", index) for index, path in enumerate(file.uses) if path is None}
        mistakes = found if file is files[-1] else ()
        broken = file.broken | lost
        units[file.path] = Unit(
            file.source, file.model, owners, used, mistakes=mistakes, broken=broken
        )
    return units[files[-1].path]


@lru_cache(maxsize=4)
def _last_steps(paths: frozenset[YamlPath]) -> Mapping[YamlPath, Sequence[str]]:
    """The last steps of `paths`, by the others; a file of many mistakes asks for each."""
    found: dict[YamlPath, list[str]] = {}
    for *above, last in filter(None, paths):
        found.setdefault(tuple(above), []).append(str(last))
    return found


def block_text(unit: Unit, name: str) -> BlockText | None:
    """The block that `name` means in the text of `unit`."""
    return builtin_block(name) if name in BLOCKS else unit.block(name)


@cache
def builtin_block(name: str) -> BlockText:
    """A block of the package."""
    path = _BLOCKS_FOLDER / f"{name}.yaml"
    source = read_file(path)
    return BlockText(
        Unit(source, None, builtin=True), name, parse_model(source, BlockFile).model, ()
    )


class _Refusal(Exception):
    """A line of `use` leads nowhere."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic)
        self.diagnostic = diagnostic


class _File(NamedTuple):
    """A file that is read, and where its `use` leads, as far as it is followed: None for a line
    that leads nowhere.
    """

    path: Path
    source: Source
    model: Library
    mistakes: list[Diagnostic]
    broken: frozenset[YamlPath]
    folder: Path | None
    uses: list[Path | None]

    def refuse(
        self,
        message: str,
        code: Code = catalogue.USE_FAILS,
        help: str | None = None,
        related: tuple[Label, ...] = (),
        index: int | None = None,
    ) -> _Refusal:
        """The refusal of one line of its `use`: the next to be followed unless `index` is given."""
        place = self.source.place(("use", len(self.uses) if index is None else index))
        return _Refusal(Diagnostic(code, message, place, related, help))


def _files(source: Source, folder: Path | None, model: type[Library]) -> Sequence[_File]:
    """The files of a spec, each once: after those that it uses, so its own is the last.

    A stack of its own follows `use`, which may lead deeper than Python calls functions.
    """
    root = None if folder is None else folder.resolve()
    own = Path(source.file.name) if root is None else root / Path(source.file.name).name
    way = [_file(own, source, model, folder)]
    found: dict[Path, _File] = {own: way[0]}
    done: list[_File] = []
    while way:
        file = way[-1]
        if len(file.uses) == len(file.model.use):
            done.append(way.pop())
            continue
        path: Path | None = None
        try:
            path = _resolved(file, root)
            if path not in found:
                found[path] = _read(file, path, found, len(way))
                way.append(found[path])
            elif any(above.path == path for above in way):
                raise file.refuse(f"`{file.model.use[len(file.uses)]}` uses itself")
        except _Refusal as refusal:
            file.mistakes.append(refusal.diagnostic)
            path = None
            if refusal.diagnostic.code is not catalogue.USE_FAILS:  # a limit: no file more is read
                for each in way:
                    left = len(each.model.use) - len(each.uses) - (each is file)
                    each.uses.extend([None] * left)
        file.uses.append(path)
    return done


def _file(path: Path, source: Source, model: type[Library], folder: Path | None) -> _File:
    parsed = parse_model(source, model)
    return _File(path, parsed.source, parsed.model, [*parsed.mistakes], parsed.broken, folder, [])


def _resolved(file: _File, root: Path | None) -> Path:
    """The file to which the next line of a file's `use` leads."""
    relative = file.model.use[len(file.uses)]
    if file.folder is None or root is None:
        raise file.refuse("a spec without a file cannot use other files")
    try:
        path = (file.folder / relative).resolve()
    except (OSError, RuntimeError):  # links that lead in a circle
        raise file.refuse(f"`{relative}` leads nowhere") from None
    if Path(relative).is_absolute() or not path.is_relative_to(root):
        raise file.refuse(
            f"`{relative}` is outside the folder of the spec",
            help="used files lie in the spec's own folder or below",
        )
    return path


def _read(user: _File, path: Path, found: Mapping[Path, _File], depth: int) -> _File:
    """The file at `path`, which is the next that `user` uses, beside those `found` before it."""
    if len(found) == MAX_FILES:
        message = f"a spec is made of at most {MAX_FILES:,} files, the limit `MAX_FILES` of archc"
        raise user.refuse(message, catalogue.TOO_MANY_FILES)
    if depth == MAX_USES:
        message = f"files use each other at most {MAX_USES} deep, the limit `MAX_USES` of archc"
        raise user.refuse(message, catalogue.USES_TOO_DEEP)
    try:
        assert user.folder is not None
        source = read_file(user.folder / user.model.use[len(user.uses)])
    except FileError as error:
        raise user.refuse(str(error)) from None
    texts = [source.file.text, *(file.source.file.text for file in found.values())]
    if sum(map(len, texts)) > MAX_TEXT:
        message = f"the files of a spec have at most {MAX_TEXT:,} characters, `MAX_TEXT` of archc"
        raise user.refuse(message, catalogue.TOO_MANY_FILES)
    is_spec = isinstance(source.data, dict) and "graph" in source.data
    return _file(path, source, Document if is_spec else Library, path.parent)


def _twice(files: Sequence[_File], name: str) -> Diagnostic:
    """What is said of a block that two files hold, at the `use` by which a file first sees both."""
    first, second, *_ = (file for file in files if name in file.model.blocks)
    seen: dict[Path, set[Path]] = {}
    for file in files:
        seen[file.path] = {file.path}.union(*(seen[path] for path in filter(None, file.uses)))
        if seen[file.path] >= {first.path, second.path}:
            break

    def line(holder: _File) -> int:  # of `use`; -1 for what the file holds itself
        uses = ((i, path) for i, path in enumerate(file.uses) if path is not None)
        return next((i for i, path in uses if holder.path in seen[path]), -1)

    earlier, later = sorted((first, second), key=line)
    place = earlier.source.place(("blocks", name), key=True)
    return file.refuse(
        f"the block `{name}` comes from two files",
        catalogue.DUPLICATE_NAME,
        related=(Label(place, "and from here"),),
        index=line(later),
    ).diagnostic
