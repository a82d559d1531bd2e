"""Lists of items to entries: loops and repeats unrolled, branches taken apart, names evaluated.

Sizes of the list's own nodes are not known yet: what lays out the list (`for`, `repeat`, `name`,
`from`, branch keys, `$operation`) sees parameters, loop variables, `input` and the lists around.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

from archc.diagnostics import Label, catalogue
from archc.document.data import texts
from archc.document.loader import block_text
from archc.document.nodes import FORMS, Item, Items, LoopItem, NodeItem
from archc.elaborate.entry import Callee, Entry, Gate, Name, Read, Unknown, Unrolled
from archc.elaborate.ledger import Ledger
from archc.elaborate.operation import unknown_operation
from archc.elaborate.scope import Scope, quoted
from archc.elaborate.site import UNKNOWN, AlreadyReported, NodeError, Site
from archc.names import MODULE_ATTRIBUTES, is_attribute
from archc.ops import JOINS, OPERATIONS, operation_class

T = TypeVar("T")
_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}|[0-9]{1,9}")


def unroll(
    items: Items, site: Site, scope: Scope, first: Read, inputs: Container[str], ledger: Ledger
) -> Unrolled:
    """The entries of `items`, which stand at `site`, in a list that reads `first`; none is called
    as one of its `inputs`. What is wrong is reported to the `ledger`.
    """
    found = _Unrolling(first, inputs, ledger)
    found.unroll(items, site, scope)
    return Unrolled(
        tuple(found.entries),
        found.named,
        found.previous,
        found.is_complete,
        frozenset(found.hidden),
        tuple(found.beginnings),
    )


class _Unrolling:
    """A list so far. `previous` is what a node reads that says nothing: the node before it, at
    first the list's input.
    """

    def __init__(self, first: Read, inputs: Container[str], ledger: Ledger) -> None:
        self.entries: list[Entry] = []
        self.named: dict[str, Entry] = {}
        self.previous = first
        self.is_complete = True
        self.hidden: set[str] = set()
        self.beginnings: set[str] = set()
        self._inputs = inputs
        self._ledger = ledger

    def unroll(self, items: Items, site: Site, scope: Scope) -> None:
        for index, item in enumerate(items):
            here = site.at(index)
            if isinstance(item, LoopItem):
                self._loop(item, here, scope)
            else:
                self._repeat(item, here, scope)

    def _attempt(self, step: Callable[..., T], *arguments: Any, **choices: Any) -> T:
        """What a step gives; UNKNOWN where it is refused, which is reported."""
        try:
            return step(*arguments, **choices)
        except NodeError as refusal:
            self._ledger.report(refusal)
        except AlreadyReported:
            pass
        self.is_complete = False
        return cast(T, UNKNOWN)

    def _hide(self, name: str | None, site: Site) -> None:
        """Of what is broken at `site` the name is not known: what is written for it, or any text
        there.
        """
        if name is None:
            self.hidden.update(text for text in texts(site.written) if "$" not in text)
        elif "$" in name:
            self.beginnings.add(name.partition("$")[0])
        else:
            self.hidden.add(name)

    def _loop(self, loop: LoopItem, site: Site, scope: Scope) -> None:
        values = UNKNOWN if site.is_broken else self._attempt(_elements, loop, site, scope)
        values = [UNKNOWN] if values is UNKNOWN else values
        self._ledger.spend(site.at("in"), len(values))
        for value in values:
            bound = self._attempt(_unpack, loop.for_, value, site.at("for"))
            if bound is UNKNOWN or value is UNKNOWN:
                self.is_complete, self.previous = False, None
                if site.is_broken:
                    self._hide(None, site)
                unknown = _unpack(loop.for_, UNKNOWN, site.at("for"))
                self.unroll(loop.do, site.at("do"), scope.bind(unknown))
                self.previous = None
                return
            self.unroll(loop.do, site.at("do"), scope.bind(bound))

    def _repeat(self, item: NodeItem, site: Site, scope: Scope) -> None:
        if item.repeat is None:
            self._ledger.spend(site, 1)
            inner = scope.bind({"i": UNKNOWN}) if site.is_broken else scope
            self._advance(self._entry(item, site, inner, self.previous))
            return
        count = self._attempt(_count, item, site, scope)
        if count is UNKNOWN:
            self.previous = None
            self._entry(item, site, scope.bind({"i": UNKNOWN}), None, is_broken=True)
            return
        self._ledger.spend(site.at("repeat"), count)
        for i in range(count):
            inner = scope.bind({"i": i})
            self._advance(self._entry(item, site, inner, self.previous, is_first=i == 0))

    def _advance(self, entry: Entry) -> None:
        if not _reads_nothing(entry.callee):
            self.previous = entry.order

    def _entry(
        self,
        item: NodeItem,
        site: Site,
        scope: Scope,
        previous: Read,
        *,
        is_first: bool = True,
        is_broken: bool = False,
        branch: str | None = None,
        gates: tuple[Gate, ...] = (),
    ) -> Entry:
        name = branch if branch is not None else self._attempt(_name, item, site, scope)
        here = site.at(item.operation)
        called = self._attempt(self._operation, item.operation, here, scope)
        operation, callee, is_known = (item.operation, None, False) if called is UNKNOWN else called
        reads: list[Read] = []
        if not _reads_nothing(callee):
            reads = self._reads(item, site, scope, previous) if is_first else [previous]
        if item.when is not True:
            gates = (*gates, Gate(item.when, scope, site.at("when")))
        if item.is_join:
            reads = self._attempt(self._operands, item, site, scope, reads, gates)
        if name is UNKNOWN or (site.is_broken and name is None):
            self._hide(item.name, site)
        is_known &= name is not UNKNOWN and reads is not UNKNOWN
        if is_known:
            is_known = self._attempt(_check_beside, item, site, name, operation, callee)
        applied = self._attempt(_applied, item, site, scope) if item.module is not None else None
        is_broken |= site.is_broken or is_known is not True or applied is UNKNOWN
        self.is_complete = self.is_complete and not is_broken
        entry = Entry(
            len(self.entries),
            item,
            site,
            here,
            scope,
            None if name is UNKNOWN else name,
            operation,
            callee,
            (None,) if reads is UNKNOWN else tuple(reads),
            gates,
            branch is not None,
            is_broken,
            None if applied is UNKNOWN else applied,
        )
        self.entries.append(entry)
        if entry.name is not None and branch is None:
            self._attempt(self._remember, entry.name, entry)
        return entry

    def _called(self, operation: str, site: Site) -> tuple[str, Callee, bool]:
        """What a node calls, by its name, and whether it is the name that is written: for one that
        is surely misspelt, the arguments are those of the one that was meant.
        """
        try:
            return operation, _callee(operation, site), True
        except NodeError as refusal:
            self._ledger.report(refusal)
            fix = refusal.diagnostics[0].fix
            if fix is None or fix.text in FORMS or fix.text in JOINS:
                raise AlreadyReported from None
            return fix.text, _callee(fix.text, site), False

    def _operation(self, written: str, here: Site, scope: Scope) -> tuple[str, Callee, bool]:
        operation = scope.evaluate(written, here, key=True) if "$" in written else written
        if not isinstance(operation, str):
            raise here.refuse(
                catalogue.WRONG_TYPE,
                f"`{written}` names an operation, not {quoted(operation)}",
                key=True,
            )
        if operation != written and operation in FORMS:
            raise here.refuse(
                catalogue.ILL_FORMED_NODE,
                f"`{written}` chooses an operation or a block, not `{operation}`",
                key=True,
            )
        return self._called(operation, here)

    def _reads(self, item: NodeItem, site: Site, scope: Scope, previous: Read) -> list[Read]:
        if item.from_ is None:
            return [previous]
        here = site.at("from")
        is_list = isinstance(here.written, list)
        sites = [here.at(index) if is_list else here for index in range(len(item.from_))]
        return self._references(item.from_, scope, sites)

    def _references(self, texts: Sequence[str], scope: Scope, sites: Sequence[Site]) -> list[Read]:
        found = [
            self._attempt(reference, text, scope, at) for text, at in zip(texts, sites, strict=True)
        ]
        return [None if each is UNKNOWN else each for each in found]

    def _operands(
        self, item: NodeItem, site: Site, scope: Scope, reads: list[Read], gates: tuple[Gate, ...]
    ) -> list[Read]:
        here = site.at(item.operation)
        if item.references is not None:
            if item.from_ is not None:
                raise site.at("from").refuse(
                    catalogue.ILL_FORMED_NODE,
                    f"`{item.operation}` already lists what it reads",
                    help="remove `from`",
                    key=True,
                )
            sites = [here.at(index) for index in range(len(item.references))]
            return self._references(item.references, scope, sites)
        if len(reads) != 1:
            raise site.at("from").refuse(
                catalogue.ILL_FORMED_NODE, "branches start from one tensor, not from several"
            )
        assert item.branches is not None
        found = [
            self._attempt(self._branch, branch, here.at(key), scope, key, reads[0], gates)
            for key, branch in item.branches.items()
        ]
        return [None if each is UNKNOWN else each for each in found]

    def _branch(
        self, item: Item, site: Site, scope: Scope, key: str, start: Read, gates: tuple[Gate, ...]
    ) -> Read:
        label = scope.evaluate(key, site, key=True)
        if site.written == []:  # a `seq` without nodes is a module, and may read something else
            return start
        if isinstance(item, LoopItem) or item.repeat is not None or item.name is not None:
            raise site.refuse(
                catalogue.ILL_FORMED_NODE,
                "a branch is one node, named by its key, or a list",
                help="put it into a list: `- `",
            )
        name = check_name(str(label) if type(label) is int else label, site, key=True)
        self._ledger.spend(site, 1)
        return self._entry(item, site, scope, start, branch=name, gates=gates).order

    def _remember(self, name: str, entry: Entry) -> None:
        if name in self._inputs:
            raise entry.site.at("name").refuse(
                catalogue.DUPLICATE_NAME,
                f"the name `{name}` is taken: an input has it",
                help="choose another name",
            )
        if name in self.named:
            first = self.named[name]
            raise entry.site.at("name").refuse(
                catalogue.DUPLICATE_NAME,
                f"the name `{name}` is taken",
                related=[Label(first.site.at("name").place(), "by this node")],
                help=_other_name(name, first, entry),
            )
        self.named[name] = entry


def _elements(loop: LoopItem, site: Site, scope: Scope) -> list[Any]:
    """The elements over which a loop goes."""
    values = scope.evaluate(loop.in_, site.at("in"))
    if not isinstance(values, list):
        raise site.at("in").refuse(catalogue.WRONG_TYPE, f"`in` takes a list, not {quoted(values)}")
    return values


def _count(item: NodeItem, site: Site, scope: Scope) -> int:
    """How often a node repeats."""
    here = site.at("repeat")
    count = scope.evaluate(item.repeat, here)
    if type(count) is not int:
        message = f"`repeat` takes how many times, an integer, not {quoted(count)}"
        raise here.refuse(catalogue.WRONG_TYPE, message)
    if count < 0:
        message = f"`repeat` is at least 0, not {quoted(count)}"
        raise here.refuse(catalogue.VALUE_OUT_OF_RANGE, message)
    return count


def _name(item: NodeItem, site: Site, scope: Scope) -> str | None:
    if item.name is None:
        return None
    here = site.at("name")
    name = scope.evaluate(item.name, here)
    return check_name(str(name) if type(name) is int else name, here)


def _check_beside(
    item: NodeItem, site: Site, name: str | None, operation: str, callee: Callee
) -> bool:
    """True; refuses a bare parameter that no name can read, and an `init` beside no operation."""
    if _reads_nothing(callee):
        _check_attribute(name, site)
    if item.init is None or isinstance(callee, (type, Unknown)):
        return True
    raise site.at("init").refuse(
        catalogue.UNKNOWN_KEY,
        f"`init` stands beside an operation, and `{operation}` is none",
        help="write it beside the nodes in it, or for all of an operation in the document's `init`",
        key=True,
    )


def _applied(item: NodeItem, site: Site, scope: Scope) -> Name:
    """The module that is applied again."""
    return reference(item.module or "", scope, site.at("apply"))


def _callee(name: str, site: Site) -> Callee:
    """What the operation `name` at `site` means; None for a form of the language."""
    if name in OPERATIONS:
        return operation_class(name)
    if name in FORMS:
        return None
    text = block_text(site.unit, name)
    if text is not None:
        return text
    blocks = Site(site.unit).at("blocks")
    if blocks.at(name).is_broken:
        raise AlreadyReported
    if name[:1].isupper() and (blocks.is_broken or site.unit.uses_broken):
        raise AlreadyReported
    fix = unknown_operation(name, site).diagnostics[0].fix
    if fix and fix.is_safe:
        raise unknown_operation(name, site)
    return Unknown()


def _other_name(name: str, first: Entry, second: Entry) -> str:
    """How two nodes are written that both would have a `name`."""
    if first.site == second.site:
        return f"in a loop or `repeat`, make names differ: `{name}$i`"
    if first.gates and second.gates:
        return (
            f"of an either-or, name the last alone, and let it follow the other: `{name}` is then "
            "the one that is there, as a node that is absent hands on what it reads"
        )
    return "choose another name for one of them"


def check_name(name: Any, site: Site, key: bool = False) -> str:
    """A submodule's name: letters, digits, `_`, `-`; or `container.name`."""
    if isinstance(name, str) and _is_plain(name):
        return name
    parts = name.split(".") if isinstance(name, str) else []
    if not isinstance(name, str) or len(parts) > 2 or not all(map(_SEGMENT.fullmatch, parts)):
        raise site.refuse(
            catalogue.INVALID_NAME,
            f"{quoted(name)} cannot be a name",
            help="a name has up to 64 letters, digits, `_` and `-`, and does not start with `-`",
            key=key,
        )
    if name == "input":
        raise site.refuse(
            catalogue.RESERVED_NAME,
            "`input` is the input of the block or network",
            help="choose another name",
            key=key,
        )
    if any(part.startswith("__") for part in parts):
        raise site.refuse(
            catalogue.RESERVED_NAME,
            f"`{name}` starts with two underscores, which Python keeps for itself",
            help="choose another name",
            key=key,
        )
    if not MODULE_ATTRIBUTES.isdisjoint(name.split(".")):
        raise site.refuse(
            catalogue.RESERVED_NAME,
            f"`{name}` is a name that `nn.Module` or its containers already have",
            help=f"choose another, such as `{name}_`",
            key=key,
        )
    return name


@lru_cache(maxsize=4096)
def _is_plain(name: str) -> bool:
    """Whether a name is one word that nothing else has."""
    is_taken = name == "input" or name in MODULE_ATTRIBUTES or name.startswith("__")
    return _SEGMENT.fullmatch(name) is not None and not is_taken


def _check_attribute(name: str | None, site: Site) -> None:
    """Refuses a bare parameter whose name no attribute can have: nobody could read it."""
    if name is None:
        message = "a bare parameter needs a `name`, by which it is read"
        raise site.refuse(catalogue.INVALID_NAME, message)
    if not is_attribute(name):
        raise site.at("name").refuse(
            catalogue.INVALID_NAME, f"`{name}` cannot be the name of a bare parameter"
        )


def reference(text: str, scope: Scope, site: Site) -> Name:
    """A reference as it is `text` at `site`, evaluated."""
    name = scope.evaluate(text, site)
    if type(name) is int and name >= 0:
        name = str(name)
    if not isinstance(name, str):
        raise site.refuse(catalogue.WRONG_TYPE, f"a reference is a node's name, not {quoted(name)}")
    return Name(name, site)


def _reads_nothing(callee: Callee) -> bool:
    return isinstance(callee, type) and callee.arity == (0, 0)


def _unpack(names: Any, value: Any, site: Site) -> Mapping[str, Any]:
    """The loop's variables for one element: rows are taken apart as the names are nested."""
    if isinstance(names, str):
        return {names: value}
    if value is UNKNOWN:
        value = [UNKNOWN] * len(names)
    if not isinstance(value, list) or len(value) != len(names):
        from archc.document.hints.forms import variables_help

        variables = str(names)[1:-1].replace("'", "")
        raise site.refuse(
            catalogue.WRONG_TYPE,
            f"each element of `in` is a list of {len(names)} ({variables}), not {quoted(value)}",
            help=variables_help(names, value),
        )
    found: dict[str, Any] = {}
    for name, part in zip(names, value, strict=True):
        found.update(_unpack(name, part, site))
    return found
