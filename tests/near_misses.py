"""Networks with one slip each: what a spec looks like before its author is told of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import archc
from archc.blocks.examples import EXAMPLES
from archc.emit.spec import spec_text
from archc.source import read

Data = Any

SPECS = sorted((Path(__file__).parents[1] / "specs").glob("*.yaml"))
HEAD = {"archc": 1, "name": "net"}
FIELDS = ("padding", "stride", "kernel_size", "out_channels", "output_padding", "scale_factor")


def near_miss(seed: int) -> tuple[str, Data]:
    """A slip in words, and the spec with it."""
    dice = random.Random(f"near miss {seed}")
    names = list(bases())
    name = names[seed % len(names)]
    while True:
        spec = deepcopy(bases()[name])
        told = dice.choice((_field, _field, _field, _name, _drop, _swap, _size, _size))(spec, dice)
        if told is not None:
            return f"{name}: {told}", spec


@cache
def bases() -> dict[str, Data]:
    """Specs as they are and unrolled; the blocks, as blocks of one's own and unrolled."""
    found: dict[str, Data] = {}
    for path in SPECS:
        found[path.stem] = _sized(read(path.read_text(encoding="utf-8"), path.stem).data)
        found[f"{path.stem}, unrolled"] = _unrolled(found[path.stem])
    for name, (shapes, call) in EXAMPLES.items():
        inputs = {f"x{k}": shape for k, shape in enumerate(shapes)}
        entry = f"{{from: [{', '.join(inputs)}], {call}}}"
        shown = ", ".join(f"{key}: {shape}" for key, shape in inputs.items())
        text = f"archc: 1\nname: net\ninputs: {{{shown}}}\ngraph: [{entry}]\n"
        found[f"{name}, unrolled"] = _unrolled(read(text, name).data)
    for name, text in OWN.items():
        found[name] = {**HEAD, **_data(text)}
    return found


def _data(text: str) -> dict[str, Any]:
    data = read(text, "own").data
    assert isinstance(data, dict)
    return data


def _unrolled(spec: Data) -> Data:
    from random_networks import written

    network = archc.check(archc.Spec.from_text(written(spec)))
    return read(spec_text(network), "unrolled").data


def _sized(spec: Data) -> Data:
    """The spec with numbers for the symbols of its inputs."""
    for name, declared in spec["inputs"].items():
        shape = declared["shape"] if isinstance(declared, dict) else declared
        number = 8_000 if len(shape) == 3 else 64
        spec["inputs"][name] = [shape[0], *(number if isinstance(s, str) else s for s in shape[1:])]
    return spec


OWN = {
    "residual by hand": """
inputs: {image: [N, 3, 32, 32]}
graph:
  - {name: stem, conv2d: {out_channels: 16, kernel_size: 3, padding: 1}}
  - {name: conv1, conv2d: {out_channels: 16, kernel_size: 3, padding: 1}}
  - batch_norm2d
  - relu
  - {name: conv2, conv2d: {out_channels: 16, kernel_size: 3, padding: 1}}
  - {name: bn2, batch_norm2d}
  - {name: sum1, add: [bn2, stem]}
  - {name: conv3, conv2d: {out_channels: 32, kernel_size: 3, stride: 2, padding: 1}}
  - relu
  - {name: conv4, conv2d: {out_channels: 32, kernel_size: 3, padding: 1}}
  - {name: down, from: sum1, conv2d: {out_channels: 32, kernel_size: 1, stride: 2}}
  - add: [conv4, down]
  - adaptive_avg_pool2d: {output_size: 1}
  - flatten
  - linear: {out_features: 10}
""",
    "u-net by hand": """
inputs: {image: [N, 3, 64, 64]}
blocks:
  Two:
    params: {c: int}
    graph:
      - {repeat: 2, seq: [conv2d: {out_channels: $c, kernel_size: 3, padding: 1}, relu]}
graph:
  - {name: d1, Two: {c: 8}}
  - max_pool2d: {kernel_size: 2}
  - {name: d2, Two: {c: 16}}
  - max_pool2d: {kernel_size: 2}
  - {name: d3, Two: {c: 32}}
  - {name: u2, conv_transpose2d: {out_channels: 16, kernel_size: 2, stride: 2}}
  - concat: [u2, d2]
  - Two: {c: 16}
  - name: u1
    conv_transpose2d: {out_channels: 8, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
  - concat: [u1, d1]
  - Two: {c: 8}
  - conv2d: {out_channels: 1, kernel_size: 1}
""",
    "gates": """
inputs: {x: [N, 16, 32, 32]}
graph:
  - {name: f, conv2d: {out_channels: 16, kernel_size: 3, padding: 1}}
  - {name: pooled, adaptive_avg_pool2d: {output_size: 1}}
  - {name: squeezed, conv2d: {out_channels: 4, kernel_size: 1}}
  - relu
  - {name: excited, conv2d: {out_channels: 16, kernel_size: 1}}
  - {name: gate, sigmoid}
  - {name: scaled, mul: [f, gate]}
  - {name: w, parameter: {shape: [16, 1, 1]}}
  - {name: y, from: scaled, relu}
  - {name: last, mul: [y, w]}
  - add: [last, x]
""",
    "feature pyramid": """
inputs: {x: [N, 3, 64, 64]}
graph:
  - {name: c1, conv2d: {out_channels: 16, kernel_size: 3, stride: 2, padding: 1}}
  - {name: c2, conv2d: {out_channels: 32, kernel_size: 3, stride: 2, padding: 1}}
  - {name: c3, conv2d: {out_channels: 64, kernel_size: 3, stride: 2, padding: 1}}
  - {name: p3, conv2d: {out_channels: 16, kernel_size: 1}}
  - {name: up3, upsample: {scale_factor: 2}}
  - {name: l2, from: c2, conv2d: {out_channels: 16, kernel_size: 1}}
  - {name: p2, add: [l2, up3]}
  - {name: up2, upsample: {scale_factor: 2}}
  - {name: p1, concat: [up2, c1]}
  - {name: out, conv2d: {out_channels: 8, kernel_size: 3, padding: 1}}
""",
    "classifier": """
inputs: {x: [N, 1, 28, 28]}
graph:
  - conv2d: {out_channels: 6, kernel_size: 5, padding: 2}
  - relu
  - max_pool2d: {kernel_size: 2}
  - conv2d: {out_channels: 16, kernel_size: 5}
  - relu
  - max_pool2d: {kernel_size: 2}
  - conv2d: {out_channels: 32, kernel_size: 5}
  - flatten
  - linear: {out_features: 10}
""",
    "vision transformer": """
inputs: {x: [N, 3, 32, 32]}
graph:
  - conv2d: {out_channels: 32, kernel_size: 4, stride: 4}
  - flatten: {start_dim: 2}
  - {name: tokens, permute: {dims: [0, 2, 1]}}
  - {name: norm, layer_norm: {normalized_shape: 32}}
  - {name: attention, multihead_attention: {num_heads: 4}}
  - {name: sum, add: [attention, tokens]}
  - {name: hidden, linear: {out_features: 64}}
  - gelu
  - {name: mlp, linear: {out_features: 32}}
  - add: [mlp, sum]
  - mean: {dim: 1}
  - linear: {out_features: 10}
""",
}
"""What people write by hand, with all that slips are made of."""


# The slips


def _nodes(data: Data) -> Iterator[tuple[list[Data], int]]:
    """Where each node stands: its list and its number."""
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, list) and key not in ("from", "in", "use"):
                is_of_nodes = key in ("graph", "seq", "do") or any(
                    isinstance(item, dict) for item in value
                )
                for number in range(len(value) if is_of_nodes else 0):
                    yield value, number
            yield from _nodes(value)
    elif isinstance(data, list):
        for value in data:
            yield from _nodes(value)


def _parts(spec: Data) -> list[tuple[list[Data], int]]:
    return [*_nodes({"graph": spec["graph"]}), *_nodes(spec.get("blocks", {}))]


def _field(spec: Data, dice: random.Random) -> str | None:
    """Another number in an argument that decides sizes, or none."""
    found = [
        (arguments, name)
        for nodes, number in _parts(spec)
        if isinstance(node := nodes[number], dict)
        for arguments in node.values()
        if isinstance(arguments, dict)
        for name in FIELDS
        if type(arguments.get(name)) in (int, float)
    ]
    if not found:
        return None
    arguments, name = dice.choice(found)
    old = arguments[name]
    if name in ("padding", "output_padding") and dice.random() < 0.4:
        del arguments[name]
        return f"no {name} for {old}"
    new = dice.choice(
        [n for n in (old + 1, old - 1, 2 * old, old // 2) if n > 0 and n != old] or [2]
    )
    arguments[name] = new
    return f"{name} {new} for {old}"


def _name(spec: Data, dice: random.Random) -> str | None:
    """Another reference."""
    parts = _parts(spec)
    names = [n["name"] for nodes, k in parts if isinstance(n := nodes[k], dict) and "name" in n]
    lists = [
        references
        for nodes, k in parts
        if isinstance(node := nodes[k], dict)
        for references in node.values()
        if isinstance(references, list)
        and references
        and all(r in names for r in references if isinstance(r, str))
        and isinstance(references[0], str)
    ]
    if not lists:
        return None
    references = dice.choice(lists)
    number = dice.randrange(len(references))
    old, new = references[number], dice.choice(names)
    references[number] = new
    return f"{new} for {old}" if new != old else None


def _drop(spec: Data, dice: random.Random) -> str | None:
    nodes, number = dice.choice(_parts(spec))
    return f"without {_told(nodes.pop(number))}"


def _swap(spec: Data, dice: random.Random) -> str | None:
    nodes, number = dice.choice(_parts(spec))
    if number == 0:
        return None
    nodes[number - 1 : number + 1] = nodes[number - 1 : number + 1][::-1]
    return f"{_told(nodes[number - 1])} before {_told(nodes[number])}"


def _size(spec: Data, dice: random.Random) -> str | None:
    """An odd size of an input, a small one, or the channels last."""
    name = dice.choice([*spec["inputs"]])
    shape = spec["inputs"][name]
    if not isinstance(shape, list) or not all(type(size) is int for size in shape[2:]):
        return None
    if len(shape) == 4 and dice.random() < 0.2:
        spec["inputs"][name] = [shape[0], *shape[2:], shape[1]]
        return "channels last"
    for k in range(2, len(shape)):
        shape[k] = max(1, dice.choice([shape[k] + 1, shape[k] - 1, shape[k] + 7, shape[k] // 5]))
    return f"size {shape}"


def _told(node: Data) -> str:
    return str(node)[:60]
