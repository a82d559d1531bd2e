"""What one elaboration is given, finds and spends."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from archc.diagnostics import Diagnostic, catalogue
from archc.document.loader import BlockText, Unit
from archc.elaborate.declared import Declared
from archc.elaborate.init import PlacedInits
from archc.elaborate.kept import GRAPHS, BlockTexts, block_texts, frozen
from archc.elaborate.scope import Scope, bind_parameters
from archc.elaborate.site import AlreadyReported, NodeError, Site
from archc.network import Graph
from archc.ops.operation import Shape
from archc.sizes import Size, TooComplex
from archc.sizes.known import known
from archc.source import Source

MAX_NODES = 100_000
MAX_DEPTH = 64
"""How deep modules nest: torch calls three functions a level, and Python allows a thousand."""
MAX_ATOMS = 1_000_000
"""Symbols and floors in the formulas of all sizes that nodes give."""


@dataclass
class Ledger:
    """`declared` is what is known of the sizes, `init` the document's initialisers, `scopes` the
    parameters of the files. `diagnostics`, by their places, is what was found, `nodes` how many
    were spent, of `most_nodes`, with `atoms` in their sizes; `called` are the operations and blocks
    that were called, `relies` what those blocks say, `files` the files in which nodes stand, by
    their names, `checked` the blocks that were looked through though what they read is broken.
    """

    declared: Declared
    most_nodes: int
    init: Mapping[str, PlacedInits] = field(default_factory=dict)
    scopes: dict[Unit, Scope] = field(default_factory=dict)
    diagnostics: dict[object, Diagnostic] = field(default_factory=dict)
    nodes: int = 0
    atoms: int = 0
    called: set[str] = field(default_factory=set)
    relies: set[Hashable] = field(default_factory=set)
    files: dict[str, Source] = field(default_factory=dict)
    checked: set[tuple[Unit, str]] = field(default_factory=set)
    _texts: dict[Unit, BlockTexts | None] = field(default_factory=dict)

    def report(self, refusal: NodeError) -> None:
        """Adds diagnostics, one a place."""
        for diagnostic in refusal.diagnostics:
            place = diagnostic.place
            self.diagnostics.setdefault((place.file.name, place.span), diagnostic)

    def found(self) -> tuple[Diagnostic, ...]:
        """All diagnostics, in the order of the files' text."""
        found = self.diagnostics.values()
        return tuple(sorted(found, key=lambda d: (d.place.file.name, d.place.span)))

    def spend(self, site: Site, count: int) -> None:
        """Counts nodes, and rounds of loops, before they are unrolled; once there are too many,
        nothing more is.
        """
        before, self.nodes = self.nodes, self.nodes + count
        if self.nodes <= self.most_nodes:
            return
        if before <= self.most_nodes:
            message = f"the network has more than {self.most_nodes:,} nodes and rounds of loops"
            advice = (
                "lower a `repeat`, or shorten the list of a `for`; no option raises this limit, "
                "`MAX_NODES` of archc"
            )
            self.report(site.refuse(catalogue.TOO_MANY_NODES, message, help=advice))
        raise AlreadyReported

    def find(self, key: Hashable, unit: Unit, depth: int) -> Graph | None:
        """The graph that is kept of a block of `unit`, and counts again; None where there is none,
        or it is beyond a limit at this `depth`.
        """
        kept, texts = GRAPHS.find(key), self._texts_in(unit)
        if kept is None or texts is None or not kept.relies <= texts.all:
            return None
        nodes, atoms = self.nodes + kept.nodes, self.atoms + kept.atoms
        if nodes > self.most_nodes or atoms > MAX_ATOMS or depth + kept.height > MAX_DEPTH:
            return None
        self.nodes, self.atoms = nodes, atoms
        self.called |= kept.called
        self.relies |= kept.relies
        self.files.update(kept.files)
        return kept.graph

    def key(self, text: BlockText, scope: Scope, shapes: Sequence[Shape]) -> Hashable | None:
        """All that a block's graph depends on but for the blocks it calls; None where something is
        broken.
        """
        if text.unit.builtin:
            return text.name, frozen(scope.parameters), *shapes, *self._basis
        found = self._texts_in(text.unit)
        if found is None:
            return None
        own = found.of[text.unit.source.file.name, text.name]
        self.relies |= own
        return text.name, own, frozen(scope.parameters), *shapes, *self._basis

    def _texts_in(self, unit: Unit) -> BlockTexts | None:
        if unit not in self._texts:
            self._texts[unit] = block_texts(unit, self.scopes)
        return self._texts[unit]

    @cached_property
    def _basis(self) -> tuple[Hashable, ...]:
        """What the document declares."""
        init = {
            (operation, name): repr(start.init)
            for operation, starts in self.init.items()
            for name, start in starts.items()
        }
        sizes, batch, is_open = self.declared
        return tuple(sizes.items()), batch, is_open, tuple(init.items())

    def count_atoms(self, shapes: Sequence[Shape]) -> None:
        """Counts the symbols and floors of a node's results; once there are too many, no more."""
        sizes = (size for shape in shapes for size in shape if isinstance(size, Size))
        before, self.atoms = self.atoms, self.atoms + sum(size.atoms for size in sizes)
        if before > MAX_ATOMS:
            raise AlreadyReported
        if self.atoms > MAX_ATOMS:
            raise TooComplex(f"more than {MAX_ATOMS:,} symbols and floors in all sizes together")

    def numbers(self, shape: Shape) -> Sequence[int | None]:
        """A shape at the declared sizes; None for a size that has no number."""
        sizes = (known(dimension, self.declared.sizes) for dimension in shape)
        return [size if isinstance(size, int) else None for size in sizes]

    def scope_of(self, unit: Unit) -> Scope:
        """The parameters of a file, at their defaults unless it is the spec itself."""
        if unit not in self.scopes:
            site = Site(unit).at("params")
            params = unit.model.params if unit.model else {}
            self.scopes[unit] = bind_parameters(params, {}, Scope({}), site, site, self.report)
        return self.scopes[unit]
