"""Random valid networks as YAML, with torch as the only judge of what is valid.

`Author` writes a spec node by node. Each candidate runs at once on real CPU tensors in
`Reference`, which reads the language naively: a module of torch for every node, made when the first
tensor comes.
Neither shares any code with archc.

`python tests/random_networks.py --minutes 10` judges as many networks as there is time for.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, NamedTuple

import torch
import yaml
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import StochasticDepth

Data = Any
"""What YAML holds: a mapping, a list, text, a number, a truth value or nothing."""

REFUSALS = (
    RuntimeError, ValueError, IndexError, TypeError, ZeroDivisionError, OverflowError,
    AssertionError,
)  # fmt: skip
"""What torch raises where sizes and arguments do not go together."""

LARGEST = 12_000
"""Elements of a tensor."""


class Unclear(Exception):
    """A spec that says nothing to the reference: a name that nothing has, a cycle."""


# What torch does for each operation

_CLASSES = {name.lower(): found for name, found in vars(nn).items() if isinstance(found, type)}

FOLLOWS = {
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d"), ("in_channels", 1)
    ),
    **dict.fromkeys(
        ("batch_norm1d", "batch_norm2d", "batch_norm3d", "instance_norm2d"), ("num_features", 1)
    ),
    "group_norm": ("num_channels", 1),
    "layer_norm2d": ("normalized_shape", 1),
    "linear": ("in_features", -1),
    "multihead_attention": ("embed_dim", -1),
}
"""The argument of torch that a spec does not write, and the dimension of the input that it is."""

JOINS: dict[str, Callable[..., Tensor]] = {
    "add": lambda *tensors: reduce(torch.add, tensors),
    "concat": lambda *tensors, dim=1: torch.cat(tensors, dim),
    "maximum": torch.maximum,
    "mul": lambda *tensors: reduce(torch.mul, tensors),
    "stack": lambda *tensors, dim=1: torch.stack(tensors, dim),
    "sub": torch.sub,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "affine": lambda x, scale, shift: _constants(x, scale) * x + _constants(x, shift),
    "amax": torch.amax,
    "chunk": lambda x, chunks, dim=1: x.chunk(chunks, dim),
    "mean": torch.mean,
    "normalize": functional.normalize,
    "pad": functional.pad,
    "permute": torch.permute,
    "reshape": lambda x, shape: x.reshape(len(x), *shape[1:]),
    "slice": lambda x, dim=1, start=None, end=None, step=1: x[
        (*[slice(None)] * (dim % x.dim()), slice(start, end, step))
    ],
    "split": lambda x, split_size_or_sections, dim=1: x.split(split_size_or_sections, dim),
    "squeeze": torch.squeeze,
    "unsqueeze": torch.unsqueeze,
}
"""Operations without a class in torch."""


def _constants(x: Tensor, values: Sequence[float]) -> Tensor:
    return torch.tensor(values).reshape(-1, *[1] * (x.dim() - 2))


class _Function(nn.Module):
    def __init__(self, name: str, arguments: Mapping[str, Any]) -> None:
        super().__init__()
        self.name, self.arguments = name, arguments

    def forward(self, x: Tensor) -> Any:
        return FUNCTIONS[self.name](x, **self.arguments)


class _LayerNorm2d(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class _Attention(nn.MultiheadAttention):
    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, batch_first=True)

    def forward(self, *tensors: Tensor) -> Tensor:  # type: ignore[override]
        three = tensors * 3 if len(tensors) == 1 else tensors
        return super().forward(*three, need_weights=False)[0]


_OTHERS: dict[str, Callable[..., nn.Module]] = {
    "layer_norm2d": _LayerNorm2d,
    "multihead_attention": _Attention,
    "stochastic_depth": StochasticDepth,
}


def torch_module(operation: str, arguments: Mapping[str, Any], first: Tensor) -> nn.Module:
    """The module of torch that `operation` is for an input such as `first`."""
    if operation in FUNCTIONS:
        return _Function(operation, arguments)
    made = _OTHERS.get(operation) or _CLASSES.get(operation.replace("_", ""))
    if made is None:
        raise Unclear(f"no operation {operation}")
    if operation in FOLLOWS:
        name, dim = FOLLOWS[operation]
        arguments = {name: first.shape[dim], **arguments}
    return made(**arguments)


# Where the language is stricter than torch


def _ranks(operation: str) -> Sequence[int]:
    """The ranks that an operation takes: with a batch, and no more dimensions than it is about."""
    if operation in ("batch_norm1d", "group_norm", "affine"):
        return {"batch_norm1d": (2, 3)}.get(operation, (2, 3, 4, 5))
    if operation in ("upsample", "channel_shuffle", "local_response_norm"):
        return (3, 4, 5)
    if operation in ("pixel_shuffle", "pixel_unshuffle"):
        return (4,)
    if operation == "multihead_attention":
        return (3,)
    spatial = re.search(r"([123])d$", operation)
    return (int(spatial[1]) + 2,) if spatial else range(9)


def stricter(operation: str, arguments: Mapping[str, Any], reads: Sequence[Tensor]) -> str:
    """The rule of the language by which it refuses what torch may run; empty where there is none.

    docs/language.md and docs/operations.md say each of them.
    """
    shapes = [tuple(x.shape) for x in reads]
    if operation in JOINS:
        if operation in ("concat", "stack"):
            return "" if all(map(len, shapes)) else "joins need dimensions"
        full = max(shapes, key=lambda shape: (len(shape), {*shape[2:]} != {1}))
        return "" if all(_joins(operation, full, shape) for shape in shapes) else "no broadcast"
    if operation == "parameter":
        return ""
    ((first, *_)), x = shapes, reads[0]
    if len(first) not in _ranks(operation):
        return "rank"
    if operation == "squeeze":
        dims = arguments["dim"] if isinstance(arguments["dim"], tuple) else (arguments["dim"],)
        return "" if all(x.shape[dim] == 1 for dim in dims) else "squeeze of another size than one"
    if operation == "group_norm":
        return "" if x[0].numel() >= 2 * arguments["num_groups"] else "one value in a group"
    if operation == "affine":
        counts = {len(arguments["scale"]), len(arguments["shift"])}
        return "" if counts == {first[1]} else "affine for each channel"
    if operation == "reshape":
        return "" if arguments["shape"][0] in ("N", -1) else "reshape starts with the batch"
    return ""


def _joins(operation: str, full: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    per_channel = ((*full[:2], *[1] * (len(full) - 2)), (full[1:2] + (1,) * (len(full) - 2)))
    return shape == full or (operation == "mul" and len(full) > 2 and shape in per_channel)


# Values and expressions

_DOLLAR = re.compile(r"\$\$|\$[A-Za-z_]\w*|\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
_CALLABLE = {
    f.__name__: f
    for f in (min, max, abs, round, len, range, sum, zip, enumerate)
}  # fmt: skip


class Results(NamedTuple):
    """What a node gives; `names` are those of a block's outputs."""

    tensors: tuple[Tensor, ...]
    names: tuple[str, ...] = ()

    def named(self, part: str) -> Results:
        """The result that a reference calls `part`."""
        number = self.names.index(part) if part in self.names else int(part)
        return Results((self.tensors[number],))


class _Sizes:
    """`X` of `X.channels`."""

    def __init__(self, x: Tensor) -> None:
        self.shape = tuple(x.shape)
        self.features = x.shape[-1]
        self.channels = x.shape[1] if x.dim() > 1 else None
        self.height, self.width = x.shape[-2:] if x.dim() > 3 else (None, None)


@dataclass(frozen=True)
class Scope:
    """What the text of a list sees: tensors and values by name."""

    tensors: Mapping[str, Results]
    values: Mapping[str, Any]

    def binding(self, **values: Any) -> Scope:
        return replace(self, values={**self.values, **values})

    def read(self, reference: str) -> Results:
        """The tensor that a reference names. KeyError where there is none."""
        name, dot, part = reference.rpartition(".")
        if reference in self.tensors or not dot:
            return self.tensors[reference]
        return self.tensors[name].named(part)

    def evaluate(self, value: Data) -> Any:
        """`value` with its expressions evaluated; lists become tuples, as torch has them."""
        if isinstance(value, list):
            return tuple(map(self.evaluate, value))
        if not isinstance(value, str) or "$" not in value:
            return value
        if _DOLLAR.fullmatch(value) and value != "$$":
            return self._expression(value)
        return _DOLLAR.sub(lambda m: self._piece(m[0]), value)

    def _piece(self, text: str) -> str:
        return "$" if text == "$$" else str(self._expression(text))

    def _expression(self, text: str) -> Any:
        sizes = {n: _Sizes(r.tensors[0]) for n, r in self.tensors.items() if n.isidentifier()}
        names = {"__builtins__": {}, **_CALLABLE, **sizes, **self.values}
        try:  # The text is the author's below, never a stranger's.
            found = eval(text[1:].strip("\n"), names)  # noqa: S307
        except NameError as error:
            raise KeyError(error.name) from None
        return tuple(found) if isinstance(found, range | zip | enumerate) else found


# The language, read naively


@dataclass
class Made:
    """What a node of a list has made: a module of torch, or what the nodes of its list have made.

    `inner` is by place in the list, once unrolled, and for the branches of a join by place in that.
    `shapes` are those of the results, for each time that it ran.
    """

    name: str = ""
    module: nn.Module | nn.Parameter | None = None
    inner: dict[tuple[int, int], Made] = field(default_factory=dict)
    shapes: list[list[tuple[int, ...]]] = field(default_factory=list)
    again: Callable[[Sequence[Tensor]], Results] | None = None

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Made]]:
        """All submodules and parameters in it by path, as `nn.Module` registers them."""
        position = 0
        for (_, branch), made in sorted(self.inner.items()):
            is_parameter = isinstance(made.module, nn.Parameter)
            path = prefix + (made.name or str(position))
            position += branch < 0 and not is_parameter
            yield path, made
            yield from made.walk(f"{path}.")


class _Item(NamedTuple):
    """A node of a list once unrolled: its operation, arguments and other keys."""

    operation: str
    arguments: Data
    keys: Mapping[str, Data]
    scope: Scope
    name: str
    is_copy: bool


KEYS = ("name", "from", "repeat", "when", "init", "dim")


def parted(node: Data) -> tuple[str, Data, dict[str, Data]]:
    """The operation of a node, its arguments, and the other keys."""
    if isinstance(node, str):
        return node, None, {}
    operations = [key for key in node if key not in KEYS]
    if len(operations) != 1:
        raise Unclear(f"no node: {node}")
    return operations[0], node[operations[0]], {k: node[k] for k in node if k in KEYS}


class Reference:
    """A spec, run by torch. A module is made at its first call, and kept in `made`.

    Unless it is `naive`, it refuses too what only the language refuses.
    """

    def __init__(self, spec: Mapping[str, Data], *, training: bool, naive: bool = False) -> None:
        self.spec = spec
        self.training = training
        self.naive = naive
        self.made = Made()
        self.read: set[str] = set()

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The outputs by name. Raises REFUSALS, or Unclear."""
        tensors = {name: Results((x,)) for name, x in inputs.items()}
        first = next(iter(tensors.values()))
        scope = Scope({**tensors, "input": first}, {})
        for name, default in self.spec.get("params", {}).items():
            scope = scope.binding(**{name: scope.evaluate(default)})
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

    def _unrolled(self, nodes: Sequence[Data], scope: Scope) -> Iterator[_Item]:
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
                yield _Item(own.evaluate(operation), arguments, keys, own, name, i > 0)

    def _run_first(
        self,
        waiting: Sequence[int],
        items: Sequence[_Item],
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

    def _node(self, item: _Item, number: int, before: Results | None, made: Made) -> Results:
        scope, arguments = item.scope, item.arguments
        is_joined = item.operation in JOINS and isinstance(arguments, list)
        reads = self._reads(item, before, arguments if is_joined else item.keys.get("from"))
        if not scope.evaluate(item.keys.get("when", True)):
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

    def _reads(self, item: _Item, before: Results | None, read: Data) -> tuple[Tensor, ...]:
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
        self, item: _Item, number: int, reads: tuple[Tensor, ...], made: Made
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
            results += self._call(
                inner, own, made.inner.setdefault((number, place), Made(name))
            ).tensors
        return tuple(results)

    def _call(self, item: _Item, reads: Sequence[Tensor], made: Made) -> Results:
        results = self._made(item, reads, made)
        made.again = lambda tensors: self._call(item, tensors, made)
        made.shapes.append([tuple(t.shape) for t in results.tensors])
        if not self.naive and any(t.numel() == 0 for t in results.tensors):
            raise ValueError("a size below one")
        return results

    def _made(self, item: _Item, reads: Sequence[Tensor], made: Made) -> Results:
        if item.operation == "seq":
            (x,) = reads
            return (
                self.list(item.arguments, item.scope, x, made)[0]
                if item.arguments
                else Results((x,))
            )
        if item.operation in self.spec.get("blocks", {}):
            return self._block(item, reads, made)
        written = item.arguments or {}
        arguments = {name: item.scope.evaluate(value) for name, value in written.items()}
        self._hold(item.operation, arguments, reads)
        if made.module is None:
            if item.operation == "parameter":
                made.module = nn.Parameter(torch.rand(*arguments["shape"]))
            else:
                made.module = torch_module(item.operation, arguments, reads[0])
                made.module.train(self.training)
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

    def _block(self, item: _Item, reads: Sequence[Tensor], made: Made) -> Results:
        block = self.spec["blocks"][item.operation]
        names = block.get("inputs", ["input"])
        if len(names) != len(reads):
            raise TypeError(f"{item.operation} reads {len(names)}, not {len(reads)}")
        tensors = {n: Results((x,)) for n, x in zip(names, reads, strict=True)}
        tensors["input"] = Results((reads[0],))
        scope = Scope(tensors, {})
        for name, default in self.spec.get("params", {}).items():
            scope = scope.binding(**{name: scope.evaluate(default)})
        given = {k: item.scope.evaluate(v) for k, v in (item.arguments or {}).items()}
        for name, declared in block.get("params", {}).items():
            default = declared.get("default") if isinstance(declared, dict) else declared
            value = given[name] if name in given else scope.evaluate(default)
            scope = scope.binding(**{name: value})
        last, own = self.list(block["graph"], scope, reads[0], made)
        if "outputs" not in block:
            return last
        inside = replace(scope, tensors={**scope.tensors, **own})
        found = [inside.read(reference).tensors[0] for reference in block["outputs"].values()]
        return Results(tuple(found), tuple(block["outputs"]))


def _bound(names: Data, row: Any) -> dict[str, Any]:
    """The loop variables `names` for one element of the list."""
    if isinstance(names, str):
        return {names: row}
    return {
        k: v for name, part in zip(names, row, strict=True) for k, v in _bound(name, part).items()
    }


# The arguments that an author tries; torch says which fit


class Dice(random.Random):
    """Draws of the author."""

    def often(self, probability: float) -> bool:
        return self.random() < probability

    def extent(self, rank: int, low: int, high: int) -> Data:
        """One number, or one for each of `rank` spatial dimensions."""
        if self.often(0.6):
            return self.randint(low, high)
        return [self.randint(low, high) for _ in range(rank)]

    def some(self, probability: float, **arguments: Callable[[], Data]) -> dict[str, Data]:
        """Some of `arguments`, each made when it is taken."""
        return {name: make() for name, make in arguments.items() if self.often(probability)}

    def dim(self, x: Tensor) -> int:
        """A dimension after the batch, from the start or the end."""
        return self.choice([n for n in range(1 - x.dim(), x.dim()) if n])

    def flag(self) -> bool:
        return self.often(0.5)


def _convolution(dice: Dice, x: Tensor) -> dict[str, Data]:
    rank = x.dim() - 2
    groups = dice.choice([1, 1, 1, 2, x.shape[1]])
    padding: list[Callable[[], Data]] = [lambda: dice.extent(rank, 0, 2), lambda: "same"]
    modes = ["zeros", "reflect", "replicate", "circular"]
    return {
        "out_channels": groups * dice.randint(1, 8) if groups < 3 else groups,
        "kernel_size": dice.extent(rank, 1, 4),
        **dice.some(
            0.35,
            stride=lambda: dice.extent(rank, 1, 3),
            padding=dice.choice(padding),
            dilation=lambda: dice.extent(rank, 1, 2),
            bias=dice.flag,
        ),
        **dice.some(0.1, padding_mode=lambda: dice.choice(modes)),
        **({"groups": groups} if groups > 1 else {}),
    }


def _transposed(dice: Dice, x: Tensor) -> dict[str, Data]:
    rank = x.dim() - 2
    return {
        "out_channels": dice.randint(1, 8),
        "kernel_size": dice.extent(rank, 1, 4),
        **dice.some(
            0.4,
            stride=lambda: dice.extent(rank, 1, 3),
            padding=lambda: dice.extent(rank, 0, 2),
            output_padding=lambda: dice.extent(rank, 0, 1),
            dilation=lambda: dice.extent(rank, 1, 2),
            bias=dice.flag,
        ),
    }


def _pool(*names: str) -> Callable[[Dice, Tensor], dict[str, Data]]:
    def draw(dice: Dice, x: Tensor) -> dict[str, Data]:
        rank = x.dim() - 2
        makers: dict[str, Callable[[], Data]] = {
            "stride": lambda: dice.extent(rank, 1, 3),
            "padding": lambda: dice.extent(rank, 0, 2),
            "dilation": lambda: dice.extent(rank, 1, 2),
            "ceil_mode": dice.flag,
            "count_include_pad": dice.flag,
            "divisor_override": lambda: dice.randint(1, 5),
        }
        chosen = {name: makers[name] for name in names}
        return {"kernel_size": dice.extent(rank, 1, 4), **dice.some(0.4, **chosen)}

    return draw


_max_pool = _pool("stride", "padding", "dilation", "ceil_mode")
_avg_pool = _pool("stride", "padding", "ceil_mode", "count_include_pad")
_avg_pool_divided = _pool("stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")


def _adaptive(keeps: bool) -> Callable[[Dice, Tensor], dict[str, Data]]:
    def draw(dice: Dice, x: Tensor) -> dict[str, Data]:
        size = dice.extent(x.dim() - 2, 1, 5)
        if isinstance(size, list) and keeps and dice.flag():
            size[0] = None
        return {"output_size": size}

    return draw


def _batch_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    return dice.some(
        0.2,
        eps=lambda: dice.choice([1e-3, 0.1]),
        momentum=lambda: dice.choice([None, 0.2]),
        affine=dice.flag,
        track_running_stats=dice.flag,
    )


def _upsample(dice: Dice, x: Tensor) -> dict[str, Data]:
    rank = x.dim() - 2
    modes = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[rank]
    mode = dice.choice(["nearest", "nearest-exact", "area", *modes, *modes])
    factors = [0.5, 1.5, 2, 2.0, 0.7, 1.3]
    factor = dice.choice(factors)
    size: dict[str, Data] = (
        {"size": dice.extent(rank, 1, 12)}
        if dice.often(0.4)
        else {"scale_factor": factor if dice.flag() else [dice.choice(factors)] * rank}
    )
    aligned = dice.some(0.5, align_corners=dice.flag) if mode in modes else {}
    return {**size, "mode": mode, **aligned}


def _layer_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    last = list(x.shape[dice.randint(1, x.dim() - 1) :])
    shape = last[0] if len(last) == 1 and dice.flag() else last
    return {"normalized_shape": shape, **dice.some(0.2, elementwise_affine=dice.flag)}


def _parts(dice: Dice, x: Tensor) -> tuple[int, int]:
    """A dimension and a size in it that is smaller than the whole."""
    dim = dice.dim(x)
    return dim, dice.randint(1, max(1, x.shape[dim] - 1))


def _split(dice: Dice, x: Tensor) -> dict[str, Data]:
    dim, size = _parts(dice, x)
    return {"split_size_or_sections": [size, x.shape[dim] - size], "dim": dim}


def _slice(dice: Dice, x: Tensor) -> dict[str, Data]:
    dim, start = _parts(dice, x)
    cut = {"start": lambda: dice.choice([0, start, -start]), "end": lambda: -1}
    return {"dim": dim, **dice.some(0.5, **cut, step=lambda: dice.randint(1, 3))}


def _unflatten(dice: Dice, x: Tensor) -> dict[str, Data]:
    dim = dice.dim(x)
    by = dice.choice([n for n in range(1, x.shape[dim] + 1) if x.shape[dim] % n == 0])
    return {"dim": dim, "unflattened_size": dice.choice([[by, x.shape[dim] // by], [-1, by]])}


def _reshape(dice: Dice, x: Tensor) -> dict[str, Data]:
    whole = x[0].numel()
    by = dice.choice([n for n in range(1, min(whole, 24) + 1) if whole % n == 0])
    return {"shape": dice.choice([["N", by, -1], [-1, by, whole // by], ["N", whole]])}


def _permute(dice: Dice, x: Tensor) -> dict[str, Data]:
    return {"dims": [0, *dice.sample(range(1, x.dim()), x.dim() - 1)]}


def _flatten(dice: Dice, x: Tensor) -> dict[str, Data]:
    start = dice.randint(1, x.dim() - 1)
    return dice.some(0.3, start_dim=lambda: start, end_dim=lambda: dice.randint(1, x.dim() - 1))


def _reduction(dice: Dice, x: Tensor) -> dict[str, Data]:
    dims = dice.sample(range(1, x.dim()), dice.randint(1, min(2, x.dim() - 1)))
    keeps = dice.some(0.6, keepdim=dice.flag)
    return {"dim": dims[0] if len(dims) == 1 and dice.flag() else dims, **keeps}


def _pad(dice: Dice, x: Tensor) -> dict[str, Data]:
    if dice.flag():
        pairs = dice.randint(1, x.dim() - 1)
        return {"pad": [dice.randint(-1, 2) for _ in range(2 * pairs)]}
    pairs = x.dim() - dice.choice([1, 2])
    mode = dice.choice(["reflect", "replicate", "circular"])
    return {"pad": [dice.randint(0, 2) for _ in range(2 * pairs)], "mode": mode}


def _attention(dice: Dice, x: Tensor) -> dict[str, Data]:
    heads = dice.choice([n for n in (1, 2, 4) if x.shape[-1] % n == 0])
    flags = dice.some(0.2, bias=dice.flag, add_bias_kv=dice.flag, add_zero_attn=dice.flag)
    return {"num_heads": heads, **flags}


def _group_norm(dice: Dice, x: Tensor) -> dict[str, Data]:
    groups = dice.choice([n for n in (1, 2, 3, 4) if x.shape[1] % n == 0])
    return {"num_groups": groups, **dice.some(0.2, affine=dice.flag)}


def _nothing(dice: Dice, x: Tensor) -> dict[str, Data]:
    return {}


def _number(**makers: Callable[[Dice], Data]) -> Callable[[Dice, Tensor], dict[str, Data]]:
    """Arguments that are left out half of the time."""
    return lambda dice, x: {name: make(dice) for name, make in makers.items() if dice.flag()}


Draw = Callable[[Dice, Tensor], dict[str, Data]]

_probability = _number(p=lambda dice: dice.choice([0.0, 0.1, 0.5]))

DRAWS: dict[str, tuple[tuple[int, ...], Draw]] = {
    **dict.fromkeys(
        ("relu", "relu6", "selu", "silu", "mish", "softsign", "sigmoid", "tanh", "hardswish",
         "hardsigmoid", "identity"),
        ((2, 3, 4, 5), _nothing),
    ),
    **dict.fromkeys(("dropout", "alpha_dropout"), ((2, 3, 4, 5), _probability)),
    "dropout1d": ((3,), _probability),
    "dropout2d": ((4,), _probability),
    "stochastic_depth": (
        (2, 3, 4, 5),
        lambda dice, x: {"p": 0.2, "mode": dice.choice(["row", "batch"])},
    ),
    "leaky_relu": ((2, 3, 4, 5), _number(negative_slope=lambda dice: 0.2)),
    "prelu": (
        (2, 3, 4, 5),
        lambda dice, x: dice.some(0.5, num_parameters=lambda: x.shape[1]),
    ),
    "elu": ((2, 3, 4, 5), _number(alpha=lambda dice: 0.5)),
    "celu": ((2, 3, 4, 5), _number(alpha=lambda dice: 0.5)),
    "gelu": ((2, 3, 4, 5), _number(approximate=lambda dice: "tanh")),
    "softplus": ((2, 3, 4, 5), _number(beta=lambda dice: 2.0, threshold=lambda dice: 9.0)),
    "hardtanh": ((2, 3, 4, 5), _number(min_val=lambda dice: -2.0, max_val=lambda dice: 0.5)),
    "softmax": ((2, 3, 4, 5), lambda dice, x: {"dim": dice.dim(x)}),
    "log_softmax": ((2, 3, 4, 5), lambda dice, x: {"dim": dice.dim(x)}),
    "normalize": ((2, 3, 4, 5), lambda dice, x: dice.some(0.5, dim=lambda: dice.dim(x))),
    "linear": (
        (2, 3, 4, 5),
        lambda dice, x: {"out_features": dice.randint(1, 8), **dice.some(0.3, bias=dice.flag)},
    ),
    "layer_norm": ((2, 3, 4, 5), _layer_norm),
    "layer_norm2d": ((4,), _number(elementwise_affine=Dice.flag)),
    "group_norm": ((2, 3, 4, 5), _group_norm),
    "instance_norm2d": ((4,), _number(affine=Dice.flag, track_running_stats=Dice.flag)),
    "local_response_norm": ((3, 4, 5), lambda dice, x: {"size": dice.randint(1, 4)}),
    "batch_norm1d": ((2, 3), _batch_norm),
    "batch_norm2d": ((4,), _batch_norm),
    "batch_norm3d": ((5,), _batch_norm),
    "affine": (
        (2, 3, 4, 5),
        lambda dice, x: {"scale": [0.5, 2][:1] * x.shape[1], "shift": [1.5] * x.shape[1]},
    ),
    "conv1d": ((3,), _convolution),
    "conv2d": ((4,), _convolution),
    "conv3d": ((5,), _convolution),
    "conv_transpose1d": ((3,), _transposed),
    "conv_transpose2d": ((4,), _transposed),
    "max_pool1d": ((3,), _max_pool),
    "max_pool2d": ((4,), _max_pool),
    "max_pool3d": ((5,), _max_pool),
    "avg_pool1d": ((3,), _avg_pool),
    "avg_pool2d": ((4,), _avg_pool_divided),
    "avg_pool3d": ((5,), _avg_pool_divided),
    "lp_pool2d": (
        (4,),
        lambda dice, x: {"norm_type": 2, **_pool("stride", "ceil_mode")(dice, x)},
    ),
    "adaptive_avg_pool1d": ((3,), _adaptive(keeps=False)),
    "adaptive_avg_pool2d": ((4,), _adaptive(keeps=True)),
    "adaptive_avg_pool3d": ((5,), _adaptive(keeps=True)),
    "adaptive_max_pool1d": ((3,), _adaptive(keeps=False)),
    "adaptive_max_pool2d": ((4,), _adaptive(keeps=True)),
    "upsample": ((3, 4, 5), _upsample),
    "pixel_shuffle": ((4,), lambda dice, x: {"upscale_factor": dice.randint(1, 2)}),
    "pixel_unshuffle": ((4,), lambda dice, x: {"downscale_factor": dice.randint(1, 3)}),
    "channel_shuffle": ((3, 4, 5), lambda dice, x: {"groups": dice.randint(1, 3)}),
    "pad": ((3, 4, 5), _pad),
    "flatten": ((2, 3, 4, 5), _flatten),
    "unflatten": ((2, 3), _unflatten),
    "reshape": ((2, 3, 4), _reshape),
    "permute": ((3, 4, 5), _permute),
    "squeeze": ((3, 4, 5), lambda dice, x: {"dim": dice.choice(_ones(x))}),
    "unsqueeze": ((2, 3, 4), lambda dice, x: {"dim": dice.dim(x)}),
    "mean": ((3, 4, 5), _reduction),
    "amax": ((3, 4, 5), _reduction),
    "slice": ((2, 3, 4, 5), _slice),
    "multihead_attention": ((3,), _attention),
}  # fmt: skip
"""The ranks that an operation takes, and arguments to try; splits, joins and `parameter` apart."""


def _ones(x: Tensor) -> list[int]:
    return [dim for dim in range(1, x.dim()) if x.shape[dim] == 1] or [99]


# The author


@dataclass(frozen=True)
class Here:
    """Where the author writes: the end of a list.

    `last` is the text by which a reference reaches the last result, or empty. In a loop, `suffix`
    tells the names of its rounds apart. `modules` are names that `apply` reaches.
    """

    scope: Scope
    x: Tensor
    last: str
    suffix: str
    depth: int
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A valid spec, as data and as text, with the sizes to give for its symbols."""

    seed: int
    spec: dict[str, Data]
    text: str
    given: dict[str, tuple[int, ...]]
    shapes: dict[str, tuple[int, ...]]

    def tensors(self, batch: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(self.seed)
        return {
            name: torch.randn(batch, *shape, generator=generator)
            for name, shape in self.shapes.items()
        }


def written(spec: Data, dice: random.Random | None = None) -> str:
    """`spec` as YAML, in block or flow style."""
    style = dice.choice([None, None, False, True]) if dice else None
    return yaml.safe_dump(
        _unshared(spec), sort_keys=False, default_flow_style=style, width=10**6, allow_unicode=True
    )


def _unshared(data: Data) -> Data:
    """`data` with nothing shared, which YAML would write as an alias."""
    if isinstance(data, dict):
        return {key: _unshared(value) for key, value in data.items()}
    return [_unshared(value) for value in data] if isinstance(data, list | tuple) else data


class Author:
    """Writes one network from one seed."""

    def __init__(self, seed: int, attempt: int = 0) -> None:
        self.dice = Dice(f"{seed} {attempt}")
        self.seed = seed
        self.blocks: dict[str, Data] = {}
        self.params: dict[str, Data] = {}
        self.count = 0

    def write(self) -> Written | None:
        """A spec that torch accepts; None where the attempt came to nothing."""
        dice = self.dice
        self.params = self._params()
        shapes = self._inputs()
        tensors = {name: Results((torch.rand(2, *shape),)) for name, shape in shapes.items()}
        first = next(iter(tensors.values()))
        scope = Scope({**tensors, "input": first}, self._values())
        nodes = self._list(scope, first.tensors[0], dice.randint(2, 9), depth=0, last="input")
        if not nodes:
            return None
        outputs = self._outputs(nodes, scope, first.tensors[0])
        if "other" not in str([nodes, outputs, self.blocks]):
            shapes.pop("other", None)
        spec: dict[str, Data] = {"archc": 1, "name": f"net{self.seed}"}
        spec["params"] = self.params
        spec["inputs"], given = self._declared(shapes)
        spec.update(graph=nodes, outputs=outputs, blocks=self.blocks)
        spec = {key: value for key, value in spec.items() if value or key == "graph"}
        result = Written(self.seed, spec, written(spec, dice), given, shapes)
        judge = runs(spec, result)
        return result if judge and {*shapes} - {"x"} <= judge.read else None

    def _params(self) -> dict[str, Data]:
        dice = self.dice
        return dice.some(
            0.5,
            width=lambda: dice.randint(1, 6),
            depth=lambda: dice.randint(1, 3),
            deep=dice.flag,
            act=lambda: dice.choice(["relu", "sigmoid", "batch_norm2d", "identity"]),
            table=lambda: [[dice.randint(1, 6), dice.choice([1, 3])] for _ in range(2)],
        )

    def _values(self) -> dict[str, Any]:
        return {name: Scope({}, {}).evaluate(value) for name, value in self.params.items()}

    def _inputs(self) -> dict[str, tuple[int, ...]]:
        dice = self.dice
        rank = dice.choices([2, 3, 4, 5], [2, 4, 10, 3])[0]
        largest = {2: 0, 3: 24, 4: 24, 5: 8}[rank]

        def draw() -> tuple[int, ...]:
            return (dice.randint(1, 8), *(dice.randint(4, largest) for _ in range(rank - 2)))

        shapes = {"x": draw()}
        if dice.often(0.3):
            shapes["other"] = shapes["x"] if dice.flag() else draw()
        return shapes

    def _declared(
        self, shapes: Mapping[str, tuple[int, ...]]
    ) -> tuple[dict[str, Data], dict[str, tuple[int, ...]]]:
        """`inputs`, and the sizes to give where it has symbols."""
        declared: dict[str, Data] = {name: ["N", *shape] for name, shape in shapes.items()}
        rank = len(shapes["x"]) + 1
        if rank < 3 or self.dice.often(0.8):
            return declared, {}
        symbols = ["H", "W", "D"][: rank - 2]
        declared["x"] = ["N", shapes["x"][0], *symbols]
        if self.dice.flag():
            height = shapes["x"][1]
            declared["x"] = {"shape": declared["x"], "where": {"H": f"{height}..{height}"}}
        return declared, {"x": shapes["x"]}

    def _fresh(self, stem: str, suffix: str = "") -> str:
        self.count += 1
        return f"{stem}{self.count}{suffix}"

    def _reference(self) -> Reference:
        return Reference({"blocks": self.blocks, "params": self.params}, training=True)

    def _run(
        self, nodes: list[Data], scope: Scope, incoming: Tensor
    ) -> tuple[Results, dict[str, Results]] | None:
        """What a list gives; None where torch refuses it or it grows too large."""
        try:
            last, own = self._reference().list(nodes, scope, incoming, Made())
        except (*REFUSALS, KeyError, Unclear, StopIteration):
            return None
        tensors = [t for results in (last, *own.values()) for t in results.tensors]
        small = all(0 < t.numel() <= LARGEST and 2 <= t.dim() <= 5 for t in tensors)
        return (last, own) if small and len(last.tensors) == 1 else None

    def _list(
        self,
        scope: Scope,
        incoming: Tensor,
        length: int,
        *,
        depth: int,
        last: str = "",
        suffix: str = "",
    ) -> list[Data]:
        """A valid list of about `length` nodes, of which every one but the last is read."""
        nodes: list[Data] = []
        here = Here(scope, incoming, last, suffix, depth)
        for _ in range(3 * length):
            if len(nodes) >= length:
                break
            blocks = dict(self.blocks)
            more = self._candidate(here)
            ran = more and self._run(nodes + more, scope, incoming)
            if not ran:
                self.blocks = blocks
                continue
            nodes += more
            inside = replace(scope, tensors={**scope.tensors, **ran[1]})
            end = nodes[-1]
            name = end.get("name", "") if isinstance(end, dict) else ""
            reachable = "" if "repeat" in end or "." in name else name
            here = Here(inside, ran[0].tensors[0], reachable, suffix, depth, _modules(nodes))
        return nodes

    def _candidate(self, here: Here) -> list[Data]:
        """Nodes that may come next; torch has not seen them."""
        kinds: list[tuple[Callable[[Here], list[Data]], int]] = [
            (self._one, 12),
            (self._branches, 3),
            (self._skip, 3),
            (self._fork, 2),
            (self._absent, 1),
            (self._repeated, 1),
            (self._gate, 1),
            (self._parts, 1),
            (self._scaled, 1),
            (self._attending, 1),
            (self._applied, 2),
            (self._chosen, 1),
        ]
        if here.depth < 3:
            kinds += [(self._group, 2), (self._loop, 1), (self._block, 3)]
        makers, weights = zip(*kinds, strict=True)
        return self.dice.choices(makers, weights)[0](here)

    # Single nodes

    def _operation(self, x: Tensor, scope: Scope) -> dict[str, Data] | None:
        """An operation key with arguments for `x`."""
        fitting = [name for name, (ranks, _) in DRAWS.items() if x.dim() in ranks]
        windows = [n for n in fitting if "conv" in n or "pool" in n or n == "upsample"]
        if not fitting:
            return None
        name = self.dice.choice(windows if windows and self.dice.often(0.4) else fitting)
        try:
            arguments = DRAWS[name][1](self.dice, x)
        except (IndexError, ValueError):
            return None
        return {name: self._varied(arguments, scope)}

    def _named(self, node: dict[str, Data], here: Here, chance: float = 0.35) -> Data:
        """`node` with a name, perhaps one in a container, or bare."""
        if self.dice.often(chance):
            stem = self.dice.choice(["a", "conv", "block-", "_x", "self", "Layer"])
            name = self._fresh(stem, here.suffix)
            return {"name": f"{name}.0" if self.dice.often(0.1) else name, **node}
        ((operation, arguments), *rest) = node.items()
        return operation if not arguments and not rest else node

    def _anchored(self, here: Here) -> tuple[list[Data], str]:
        """Nodes, if any, after which the last result has a name; and that name."""
        if here.last:
            return [], here.last
        name = self._fresh("y", here.suffix)
        node = self._operation(here.x, here.scope) or {"relu": None}
        return [{"name": name, **node}], name

    def _varied(self, value: Data, scope: Scope) -> Data:
        """`value` with some of its integers as expressions."""
        if isinstance(value, dict):
            return {name: self._varied(each, scope) for name, each in value.items()}
        if isinstance(value, list):
            return [self._varied(each, scope) for each in value]
        if type(value) is not int or self.dice.often(0.8):
            return value
        return self._expression(value, self._known(scope))

    def _known(self, scope: Scope) -> dict[str, int]:
        """Expressions for integers that `scope` has."""
        found = {n: v for n, v in scope.values.items() if type(v) is int}
        for name, results in scope.tensors.items():
            if name.isidentifier() and "_" not in name and len(results.tensors) == 1:
                shape = results.tensors[0].shape
                found[f"{name}.channels"] = shape[1]
                found[f"{name}.shape[-1]"] = shape[-1]
                if len(shape) > 3:
                    found[f"{name}.height"] = shape[-2]
        return found

    def _expression(self, number: int, known: Mapping[str, int]) -> Data:
        """`number` as an expression of something known."""
        if not known:
            return f"$({number - 1} + 1)"
        name, value = self.dice.choice([*known.items()])
        forms = [f"$({name} + {number - value})", f"$({number} if {name} > 0 else {name})"]
        forms += [f"$(max({name} - {value}, {number}))", f"$([{number}, {name}][{name} * 0])"]
        if value and number % value == 0:
            forms.append(f"$({name} * {number // value})")
        if number and value // number and value // (value // number) == number:
            forms.append(f"$({name} // {value // number})")
        if value == number:
            forms.append(f"$({name})" if "." in name else f"${name}")
        return self.dice.choice(forms)

    def _one(self, here: Here) -> list[Data]:
        node = self._operation(here.x, here.scope)
        return [self._named(node, here)] if node else []

    def _chosen(self, here: Here) -> list[Data]:
        return ["$act"] if "act" in here.scope.values else []

    def _absent(self, here: Here) -> list[Data]:
        """A node with a condition."""
        node = self._operation(here.x, here.scope)
        known = self._known(here.scope)
        if not node:
            return []
        conditions: list[Data] = [True, False, "$(1 > 2)"]
        for name, value in known.items():
            conditions += [f"$({name} == {value})", f"$(not {name} >= {value})"]
        if "deep" in here.scope.values:
            conditions.append("$deep")
        return [{"when": self.dice.choice(conditions), **node}]

    def _repeated(self, here: Here) -> list[Data]:
        """An operation or a `seq`, some times in a row."""
        inside = here.scope.binding(i=0)
        times = self.dice.randint(0, 3)
        known = {n: v for n, v in here.scope.values.items() if type(v) is int}
        repeat = self._expression(times, known) if self.dice.often(0.3) else times
        if here.depth < 3 and self.dice.flag():
            nodes = self._list(inside, here.x, 2, depth=here.depth + 1)
            return [{"repeat": repeat, "seq": nodes}] if nodes else []
        node = self._operation(here.x, inside)
        if not node:
            return []
        name = {"name": self._fresh("r", here.suffix) + "$i"} if self.dice.flag() else {}
        return [{**name, "repeat": repeat, **node}]

    def _applied(self, here: Here) -> list[Data]:
        """A module that is there already, once more."""
        return [{"apply": self.dice.choice(here.modules)}] if here.modules else []

    # Joins

    def _branch(self, here: Here) -> list[Data]:
        return self._list(here.scope, here.x, self.dice.randint(1, 3), depth=here.depth + 1)

    def _branches(self, here: Here) -> list[Data]:
        """A join of branches: alike by a last node that makes them so, or side by side."""
        if here.depth > 2:
            return []
        branches: dict[str, Data] = {}
        shapes: list[torch.Size] = []
        for _ in range(self.dice.randint(1, 3)):
            nodes = self._branch(here)
            ran = nodes and self._run(nodes, here.scope, here.x)
            if not ran:
                return []
            key = self._fresh("b", here.suffix)
            simple = len(nodes) == 1 and not self._is_list_only(nodes[0])
            branches[key] = nodes[0] if simple and self.dice.flag() else nodes
            shapes.append(ran[0].tensors[0].shape)
        if self.dice.often(0.6) or len(branches) < 2:
            branches[self._fresh("skip", here.suffix)] = []
            shapes.append(here.x.shape)
        join = self._join(shapes)
        return [{**join, **self._over(join, branches)}] if join else []

    @staticmethod
    def _is_list_only(node: Data) -> bool:
        """Whether a branch cannot be this node: it has a name, or is no submodule."""
        keys = {node} if isinstance(node, str) else set(node)
        return bool(keys & {"name", "repeat", "for", "apply", "parameter", "when", *JOINS})

    @staticmethod
    def _over(join: dict[str, Data], operands: Data) -> dict[str, Data]:
        """The join's key with its operands."""
        operation = next(name for name in join if name in JOINS)
        return {operation: operands}

    def _join(self, shapes: Sequence[torch.Size]) -> dict[str, Data]:
        """A join for tensors of these shapes, without its operands; empty where there is none."""
        dice = self.dice
        first, *others = shapes
        if all(each == first for each in others):
            two = ["sub", "maximum"] if len(shapes) == 2 else []
            name = dice.choice(["add", "add", "mul", "concat", "stack", *two])
            dims = dice.some(0.3, dim=lambda: dice.choice([1, -1, len(first) - 1]))
            return {name: None, **(dims if name in ("concat", "stack") else {})}
        for dim in range(1, len(first)):
            if all(len(s) == len(first) and _but(s, dim) == _but(first, dim) for s in others):
                return {"concat": None, **({} if dim == 1 else {"dim": dim})}
        return {}

    def _others(self, here: Here) -> list[tuple[str, Tensor]]:
        """What else a reference reaches, with one result."""
        return [
            (name, results.tensors[0])
            for name, results in here.scope.tensors.items()
            if len(results.tensors) == 1 and not (here.suffix and "_" in name)
        ]

    def _skip(self, here: Here) -> list[Data]:
        """The last result joined with an earlier one."""
        before, last = self._anchored(here)
        ran = self._run(before, here.scope, here.x) if before else (Results((here.x,)), {})
        if not ran:
            return []
        shape = ran[0].tensors[0].shape
        fitting = [(name, x) for name, x in self._others(here) if self._join([shape, x.shape])]
        if not fitting:
            return []
        name, x = self.dice.choice(fitting)
        join = self._join([shape, x.shape])
        return [*before, {**join, **self._over(join, [last, name])}]

    def _fork(self, here: Here) -> list[Data]:
        """An earlier result, made to fit, beside the last one."""
        before, last = self._anchored(here)
        ran = self._run(before, here.scope, here.x) if before else (Results((here.x,)), {})
        fitting = [(name, x) for name, x in self._others(here) if x.dim() == 4]
        if not ran or not fitting or ran[0].tensors[0].dim() != 4:
            return []
        _, channels, *size = ran[0].tensors[0].shape
        name, _ = self.dice.choice(fitting)
        side = self._fresh("side", here.suffix)
        resize = self.dice.choice([{"adaptive_avg_pool2d": {"output_size": size}},
                                   {"upsample": {"size": size}}])  # fmt: skip
        fit = {"conv2d": {"out_channels": channels, "kernel_size": 1}}
        join = self._join([torch.Size([2, channels, *size])] * 2)
        nodes = [{"from": name, **resize}, {"name": side, **fit}]
        return [*before, *nodes, {**join, **self._over(join, [last, side])}]

    def _gate(self, here: Here) -> list[Data]:
        """Squeeze-and-excitation."""
        if here.x.dim() != 4 or here.depth > 2:
            return []
        channels = here.x.shape[1]
        gate = [{"mean": {"dim": [2, 3], "keepdim": True}}, "sigmoid"]
        gate.insert(1, {"conv2d": {"out_channels": channels, "kernel_size": 1}})
        keys = self._fresh("whole", here.suffix), self._fresh("gate", here.suffix)
        return [{"mul": {keys[0]: [], keys[1]: gate}}]

    def _scaled(self, here: Here) -> list[Data]:
        """Layer scale by a bare parameter."""
        if here.x.dim() < 3:
            return []
        before, last = self._anchored(here)
        ran = self._run(before, here.scope, here.x) if before else (Results((here.x,)), {})
        if not ran or ran[0].tensors[0].dim() < 3:
            return []
        x = ran[0].tensors[0]
        name = self._fresh("gamma", here.suffix)
        shape = [x.shape[1], *[1] * (x.dim() - 2)]
        init = self.dice.some(
            0.5, init=lambda: self.dice.choice(["ones", {"constant": {"val": 2}}])
        )
        return [{"name": name, **init, "parameter": {"shape": shape}}, *before,
                {"mul": [last, name]}]  # fmt: skip

    def _parts(self, here: Here) -> list[Data]:
        """Several results, joined again or read in part."""
        name = self._fresh("parts", here.suffix)
        dim, size = _parts(self.dice, here.x)
        if here.x.dim() > 3:  # parts of one size are counted: their whole is no formula
            dim, size = 1, self.dice.randint(1, max(1, here.x.shape[1] - 1))
        whole = here.x.shape[dim]
        draws: list[tuple[dict[str, Data], int]] = [
            ({"split": {"split_size_or_sections": size, "dim": dim}}, -(-whole // size)),
            ({"chunk": {"chunks": 2, "dim": dim}}, 2),
            ({"split": _split(self.dice, here.x)}, 2),
        ]
        node, count = self.dice.choice(draws)
        named: dict[str, Data] = {"name": name, **node}
        if self.dice.often(0.4):
            more = self._operation(here.x, here.scope)
            return [named, {"from": f"{name}.{self.dice.randrange(count)}", **more}] if more else []
        along = next(iter(node.values()))["dim"]
        references = [f"{name}.{k}" for k in range(count)]
        self.dice.shuffle(references)
        return [named, {"concat": references, "dim": along}]

    def _attending(self, here: Here) -> list[Data]:
        """Attention of the last result to another."""
        others = [(n, x) for n, x in self._others(here) if x.dim() == 3]
        if here.x.dim() != 3 or not here.last or not others:
            return []
        name, x = self.dice.choice(others)
        arguments = _attention(self.dice, here.x)
        if x.shape[-1] != here.x.shape[-1]:
            arguments.update(kdim=x.shape[-1], vdim=x.shape[-1])
        return [{"from": [here.last, name, name], "multihead_attention": arguments}]

    # Lists in lists

    def _group(self, here: Here) -> list[Data]:
        nodes = self._list(here.scope, here.x, self.dice.randint(1, 4), depth=here.depth + 1)
        return [self._named({"seq": nodes}, here)] if nodes else []

    def _loop(self, here: Here) -> list[Data]:
        """A `for` over numbers, or over rows of a table."""
        variable, other = self._fresh("v"), self._fresh("w")
        elements = self.dice.sample(range(1, 7), self.dice.randint(1, 3))
        names: Data = variable
        values: Data = elements
        inside = here.scope.binding(**{variable: elements[0]})
        if self.dice.often(0.3):
            rows = [[k, self.dice.choice([1, 3])] for k in elements]
            names, values = [variable, other], rows
            inside = inside.binding(**{other: rows[0][1]})
        elif self.dice.often(0.3):
            names, values = [variable, other], f"$(enumerate({elements}))"
            inside = inside.binding(**{variable: 0, other: elements[0]})
        suffix = f"{here.suffix}_$({variable})"
        length = self.dice.randint(1, 3)
        nodes = self._list(inside, here.x, length, depth=here.depth + 1, suffix=suffix)
        return [{"for": names, "in": values, "do": nodes}] if nodes else []

    def _block(self, here: Here) -> list[Data]:
        """A call of a block, an old one or one that is written for it."""
        before, last = self._anchored(here)
        ran = self._run(before, here.scope, here.x) if before else (Results((here.x,)), {})
        if not ran:
            return []
        x = ran[0].tensors[0]
        if self.blocks and self.dice.flag():
            title = self.dice.choice([*self.blocks])
        else:
            title = self._new_block(here, x)
        if not title:
            return []
        block = self.blocks[title]
        others = [self.dice.choice(self._others(here))[0] for _ in block.get("inputs", [0])[1:]]
        params = block.get("params", {})
        given = {
            name: self._varied(self.dice.randint(1, 6), here.scope)
            for name, declared in params.items()
            if self.dice.flag() or (isinstance(declared, dict) and "default" not in declared)
        }
        call: dict[str, Data] = {"from": [last, *others]} if others else {}
        call[title] = given or None
        outputs = list(block.get("outputs", {}))
        if len(outputs) < 2:
            return [*before, self._named(call, here) if not others else call]
        name = self._fresh("f", here.suffix)
        parts = [f"{name}.{outputs[0]}", f"{name}.{self.dice.choice([1, outputs[1]])}"]
        follow: Data = self.dice.choice([
            {"from": self.dice.choice(parts), "relu": None}, {"concat": parts}, {"add": parts},
            {"stack": parts},
        ])  # fmt: skip
        return [*before, {"name": name, **call}, follow]

    def _new_block(self, here: Here, x: Tensor) -> str:
        """The name of a block that is written for `x`; empty where that fails."""
        dice = self.dice
        title = self._fresh("Block")
        params: dict[str, Data] = dice.some(
            0.4,
            c=lambda: dice.randint(1, 4),
            k={"type": "int", "min": 1, "default": 2}.copy,
            d=lambda: "$(input.channels)",
        )
        names = ["input"] if dice.often(0.6) else ["p"] if dice.flag() else ["p", "q"]
        tensors = {names[0]: Results((x,)), "input": Results((x,))}
        if len(names) > 1:
            tensors["q"] = Results((dice.choice(self._others(here))[1],))
        scope = Scope(tensors, self._values())
        for name, declared in params.items():
            default = declared["default"] if isinstance(declared, dict) else declared
            scope = scope.binding(**{name: scope.evaluate(default)})
        nodes = self._list(scope, x, dice.randint(1, 5), depth=here.depth + 1, last=names[0])
        if not nodes:
            return ""
        block: dict[str, Data] = {"summary": "A 'block'."} if dice.often(0.2) else {}
        block.update({"params": params} if params else {})
        block.update({"inputs": names} if names != ["input"] else {}, graph=nodes)
        ran = self._run(nodes, scope, x)
        named = (
            [n for n, r in ran[1].items() if len(r.tensors) == 1 and "." not in n] if ran else []
        )
        last = nodes[-1].get("name") if isinstance(nodes[-1], dict) else None
        if last in named and dice.often(0.7):
            block["outputs"] = {"main": last, "more": dice.choice(named)}
        self.blocks[title] = block
        return title

    # The document

    def _outputs(self, nodes: list[Data], scope: Scope, incoming: Tensor) -> dict[str, Data]:
        """`outputs`; `nodes` get a name for the last, a training head, another order."""
        dice = self.dice
        if dice.often(0.5):
            return {}
        ran = self._run([*nodes, {"name": "main", "identity": None}], scope, incoming)
        if not ran:
            return {}
        nodes.append({"name": "main", "identity": None})
        named = [n for n, r in ran[1].items() if len(r.tensors) == 1 and "." not in n]
        outputs: dict[str, Data] = {"main": "main"}
        if dice.flag():
            outputs["more"] = dice.choice([*named, "input"])
        if dice.flag():
            read = dice.choice(named)
            node = self._operation(ran[1][read].tensors[0], scope) or {"relu": None}
            aux = {"name": "aux", "from": read, **node}
            if self._run([*nodes, aux], scope, incoming):
                nodes.append(aux)
                outputs["aux"] = {"from": "aux", "when": "training"}
        if dice.flag() and not any(_is_unrolled(node) for node in nodes):
            nodes[:] = self._reordered(nodes)
        return outputs

    def _reordered(self, nodes: Sequence[Data]) -> list[Data]:
        """The same graph in another order of registration."""
        said: list[Data] = []
        before = "input"
        for node in nodes:
            operation, arguments, keys = parted(node)
            own = {"name": self._fresh("o"), **keys}
            if operation != "parameter":
                if not (operation in JOINS and isinstance(arguments, list)):
                    own.setdefault("from", before)
                before = own["name"]
            said.append({**own, operation: arguments})
        self.dice.shuffle(said)
        return said


def _is_unrolled(node: Data) -> bool:
    return isinstance(node, dict) and bool({"for", "repeat", "when", "apply"} & node.keys())


def _but(shape: torch.Size, dim: int) -> tuple[int, ...]:
    """`shape` without one dimension."""
    return (*shape[:dim], *shape[dim + 1 :])


def _modules(nodes: Sequence[Data]) -> tuple[str, ...]:
    """The nodes that `apply` reaches, which read one tensor only, and whose sizes do not follow
    from their input's.
    """
    return tuple(
        node["name"]
        for node in nodes
        if isinstance(node, dict)
        and "name" in node
        and not {*JOINS, "apply", "parameter", "repeat", "for"} & node.keys()
        and "$" not in str(node)
        and not re.search(r"Block|'from'|: \['", str(node))
    )


def runs(spec: Mapping[str, Data], sizes: Written) -> Reference | None:
    """What torch has made of `spec`; None where it refuses it, for two samples or for one in
    evaluation.
    """
    try:
        for training, batch in ((True, 2), (False, 2), (False, 1)):
            judge = Reference(spec, training=training)
            outputs = judge.run(sizes.tensors(batch))
            sums = [t.sum() for t in outputs.values() if t.requires_grad]
            if training and sums:
                torch.stack(sums).sum().backward()
    except REFUSALS:
        return None
    return judge


def network(seed: int) -> Written:
    """The valid network of a seed."""
    torch.manual_seed(seed)
    for attempt in range(100):
        found = Author(seed, attempt).write()
        if found is not None:
            return found
    raise AssertionError(f"seed {seed} gave nothing")


def main() -> None:
    """Judges networks of fresh seeds until the time is over; prints what there was in them."""
    from test_random_networks import judge_network

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--start", type=int, default=1_000_000, help="the first seed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    words: Counter[str] = Counter()
    end = time.monotonic() + 60 * options.minutes
    seed = options.start
    wanted = {*DRAWS, *JOINS, *FORMS}
    while time.monotonic() < end:
        found = network(seed)
        try:
            counts["agree" if judge_network(found) else "refused by rule"] += 1
        except AssertionError as error:
            counts["differ"] += 1
            print(f"{error}\n{error.__cause__!r}\n")
        words.update(wanted & {*re.findall(r"[a-z_0-9]+", found.text)})
        seed += 1
    print(f"seeds {options.start}..{seed - 1}: {dict(counts)}")
    print("networks with:", ", ".join(f"{word} {count}" for word, count in words.most_common()))
    sys.exit(counts["differ"] > 0)


FORMS = ("apply", "blocks", "chunk", "for", "outputs", "parameter", "params", "repeat", "seq",
         "split", "training", "when", "where")  # fmt: skip
"""Words of the language that the counts tell."""


if __name__ == "__main__":
    main()
