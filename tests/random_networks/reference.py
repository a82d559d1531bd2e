"""The language, read naively: a module of torch for every node, made at its first call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from random_networks.built_in import BUILT_IN, default, is_required
from random_networks.calls import JOINS, Data, Unclear, torch_module
from random_networks.made import Item, Made, parted
from random_networks.scope import Results, Scope
from random_networks.stricter import is_another, stricter


class Reference:
    """A spec, run by torch. A module is made at its first call, and kept in `made`.

    Unless it is `naive`, it refuses too what only the language refuses.
    """

    def __init__(self, spec: Mapping[str, Data], *, training: bool, naive: bool = False) -> None:
        self.spec = spec
        self.training = training
        self.naive = naive
        self.made = Made()
        self._blocks = {**BUILT_IN, **spec.get("blocks", {})}
        self.read: set[str] = set()

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The outputs by name. Raises REFUSALS, or Unclear."""
        tensors = {name: Results((x,)) for name, x in inputs.items()}
        first = next(iter(tensors.values()))
        scope = Scope({**tensors, "input": first}, {})
        scope = scope.binding(**self._params())
        try:
            last, own = self.list(self.spec["graph"], scope, first.tensors[0], self.made)
            if "outputs" not in self.spec:
                return dict(enumerate(last.tensors))  # type: ignore[arg-type]
            inside = replace(scope, tensors={**scope.tensors, **own})
            return {
                name: inside.read(o["from"] if isinstance(o, dict) else o).tensors[0]
                for name, o in self.spec["outputs"].items()
            }
        except KeyError as error:
            raise Unclear(f"nothing is called {error}") from None

    def _params(self) -> dict[str, Any]:
        """The parameters of the document, where the first of its variants is chosen."""
        variants = self.spec.get("variants", {})
        given = variants[next(iter(variants))] if variants else {}
        scope = Scope({}, {})
        for name, declared in self.spec.get("params", {}).items():
            value = given[name] if name in given else default(declared)
            scope = scope.binding(**{name: scope.evaluate(value)})
        return dict(scope.values)

    def list(
        self, nodes: Sequence[Data], scope: Scope, incoming: Tensor, made: Made
    ) -> tuple[Results, dict[str, Results]]:
        """The results of the last node of a list, and of those with names."""
        items = list(self._unrolled(nodes, scope))
        hidden = {item.name for item in items} - {""}
        outside = {name: r for name, r in scope.tensors.items() if name not in hidden}
        own: dict[str, Results] = {}
        done: dict[int, Results] = {-1: Results((incoming,))}
        waiting = list(range(len(items)))
        while waiting:
            number = self._run_first(waiting, items, {**outside, **own}, done, made)
            waiting.remove(number)
            if items[number].name:
                own[items[number].name] = done[number]
        return done[len(items) - 1], own

    def _unrolled(self, nodes: Sequence[Data], scope: Scope) -> Iterator[Item]:
        for node in nodes:
            if isinstance(node, dict) and "for" in node:
                for row in scope.evaluate(node["in"]):
                    inner = scope.binding(**_bound(node["for"], row))
                    yield from self._unrolled(node["do"], inner)
                continue
            operation, arguments, keys = parted(node)
            copies = scope.evaluate(keys.get("repeat", 1))
            if copies < 0:
                raise ValueError("a negative number of copies")
            for i in range(copies):
                own = scope.binding(i=i) if "repeat" in keys else scope
                name = str(own.evaluate(keys.get("name", "")))
                yield Item(own.evaluate(operation), arguments, keys, own, name, i > 0)

    def _run_first(
        self,
        waiting: Sequence[int],
        items: Sequence[Item],
        tensors: Mapping[str, Results],
        done: dict[int, Results],
        made: Made,
    ) -> int:
        """Runs the first node of which all is there that it reads."""
        for number in waiting:
            before = number - 1
            while before >= 0 and items[before].operation == "parameter":
                before -= 1
            item = items[number]._replace(scope=replace(items[number].scope, tensors=tensors))
            kept = dict(made.inner)
            try:
                done[number] = self._node(item, number, done.get(before), made)
            except KeyError:
                made.inner = kept
            else:
                return number
        raise KeyError([items[number].operation for number in waiting])

    def _node(self, item: Item, number: int, before: Results | None, made: Made) -> Results:
        scope, arguments = item.scope, item.arguments
        is_joined = item.operation in JOINS and isinstance(arguments, list)
        reads = self._reads(item, before, arguments if is_joined else item.keys.get("from"))
        if not _is_present(item.keys, scope):
            return Results(reads[:1])
        if item.operation == "apply":
            target = next(m for m in made.inner.values() if m.name == scope.evaluate(arguments))
            if target.again is None:
                raise KeyError(arguments)
            return target.again(reads)
        if item.operation in JOINS:
            if not is_joined:
                reads = self._branches(item, number, reads, made)
            dim = {"dim": scope.evaluate(item.keys["dim"])} if "dim" in item.keys else {}
            self._hold(item.operation, dim, reads)
            return Results((JOINS[item.operation](*reads, **dim),))
        inner = made.inner.setdefault((number, -1), Made(item.name))
        return self._call(item, reads, inner)

    def _reads(self, item: Item, before: Results | None, read: Data) -> tuple[Tensor, ...]:
        """The tensors that a node reads."""
        if item.operation == "parameter":
            return ()
        if read is None or item.is_copy:
            if before is None:
                raise KeyError("the node before")
            return before.tensors
        names = read if isinstance(read, list) else [read]
        references = [item.scope.evaluate(name) for name in names]
        self.read.update(references)
        found = map(item.scope.read, references)
        return tuple(t for results in found for t in results.tensors)

    def _branches(
        self, item: Item, number: int, reads: tuple[Tensor, ...], made: Made
    ) -> tuple[Tensor, ...]:
        results: list[Tensor] = []
        for place, (key, branch) in enumerate(item.arguments.items()):
            if branch == []:
                results += reads
                continue
            node = {"seq": branch} if isinstance(branch, list) else branch
            operation, arguments, keys = parted(node)
            name = item.scope.evaluate(key)
            inner = item._replace(operation=operation, arguments=arguments, keys=keys, name=name)
            own = self._reads(inner, Results(reads), keys.get("from"))
            if not _is_present(keys, item.scope):
                results += own[:1]
                continue
            results += self._call(
                inner, own, made.inner.setdefault((number, place), Made(name))
            ).tensors
        return tuple(results)

    def _call(self, item: Item, reads: Sequence[Tensor], made: Made) -> Results:
        made.reads = made.reads or [tuple(t.shape) for t in reads]
        results = self._made(item, reads, made)
        made.again = lambda tensors: self._call(item, tensors, made)
        made.shapes.append([tuple(t.shape) for t in results.tensors])
        if not self.naive and any(t.numel() == 0 for t in results.tensors):
            raise ValueError("a size below one")
        return results

    def _made(self, item: Item, reads: Sequence[Tensor], made: Made) -> Results:
        if item.operation == "seq":
            (x,) = reads
            return (
                self.list(item.arguments, item.scope, x, made)[0]
                if item.arguments
                else Results((x,))
            )
        if item.operation in self._blocks:
            return self._block(item, reads, made)
        written = item.arguments or {}
        arguments = {name: item.scope.evaluate(value) for name, value in written.items()}
        self._hold(item.operation, arguments, reads)
        if made.module is None:
            own = item.keys.get("init", {})
            if item.operation == "parameter":
                own = {"": own} if own else {}
            said = {**self.spec.get("init", {}).get(item.operation, {}), **own}
            made.init = _evaluated(said, item.scope)
            if item.operation == "parameter":
                made.module = nn.Parameter(torch.rand(*arguments["shape"]))
            else:
                made.module = torch_module(item.operation, arguments, reads[0])
                made.module.train(self.training)
        elif not self.naive and is_another(item.operation, made.module, reads):
            raise ValueError("a module for another input")
        if isinstance(made.module, nn.Parameter):
            return Results((made.module,))
        found = made.module(*reads)
        if item.operation in ("split", "chunk") and len(found) < 2 and not self.naive:
            raise ValueError("one part, the whole")
        if item.operation.startswith("max_pool") and not found.isfinite().all():
            raise ValueError("a window without a cell, whose gradient torch writes anywhere")
        return Results(tuple(found) if isinstance(found, tuple | list) else (found,))

    def _hold(self, operation: str, arguments: Mapping[str, Any], reads: Sequence[Tensor]) -> None:
        """Raises where the language is stricter than torch."""
        rule = "" if self.naive else stricter(operation, arguments, reads)
        if rule:
            raise ValueError(rule)

    def _block(self, item: Item, reads: Sequence[Tensor], made: Made) -> Results:
        block = self._blocks[item.operation]
        names = block.get("inputs", ["input"])
        if len(names) != len(reads):
            raise TypeError(f"{item.operation} reads {len(names)}, not {len(reads)}")
        tensors = {n: Results((x,)) for n, x in zip(names, reads, strict=True)}
        tensors["input"] = Results((reads[0],))
        scope = Scope(tensors, {} if item.operation in BUILT_IN else self._params())
        given = {k: item.scope.evaluate(v) for k, v in (item.arguments or {}).items()}
        for name, declared in block.get("params", {}).items():
            if name not in given and is_required(declared):
                raise TypeError(f"{item.operation} needs {name}")
            value = given[name] if name in given else scope.evaluate(default(declared))
            if isinstance(declared, dict) and "min" in declared and value < declared["min"]:
                raise ValueError(f"{name} is below its minimum")
            scope = scope.binding(**{name: value})
        last, own = self.list(block["graph"], scope, reads[0], made)
        if "outputs" not in block:
            return last
        inside = replace(scope, tensors={**scope.tensors, **own})
        found = [inside.read(reference).tensors[0] for reference in block["outputs"].values()]
        return Results(tuple(found), tuple(block["outputs"]))


def _evaluated(init: Data, scope: Scope) -> Data:
    """How parameters start, with the expressions in it evaluated."""
    if isinstance(init, dict):
        return {name: _evaluated(value, scope) for name, value in init.items()}
    return scope.evaluate(init)


def _is_present(keys: Mapping[str, Data], scope: Scope) -> bool:
    """Whether `when` is true."""
    found = scope.evaluate(keys.get("when", True))
    if not isinstance(found, bool):
        raise TypeError("when is true or false")
    return found


def _bound(names: Data, row: Any) -> dict[str, Any]:
    """The loop variables `names` for one element of the list."""
    if isinstance(names, str):
        return {names: row}
    return {
        k: v for name, part in zip(names, row, strict=True) for k, v in _bound(name, part).items()
    }
