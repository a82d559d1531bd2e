"""Checking a chain of 300 nodes, from text to shapes, in archc and in its peers that are installed.

A row has archc's time beside a peer's. Not compared: torcharc and KonfAI, in which no check was
found that builds no modules.
"""

import importlib.util
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

import archc
from pairs import compare, report

UNITS = 100


def archc_check() -> Callable[[], object]:
    text = "archc: 1\nname: chain\ninputs: {image: [N, 8, 32, 32]}\ngraph:\n" + UNITS * (
        "  - conv2d: {out_channels: 8, kernel_size: 3, padding: 1}\n  - batch_norm2d\n  - relu\n"
    )
    return lambda: archc.check(archc.Spec.from_text(text))


def mlnode_check() -> Callable[[], object]:
    from mlnode import MLnodeModel

    conv = {"in_channels": 8, "out_channels": 8, "kernel_size": 3, "padding": 1}
    unit = [("Conv2d", conv), ("BatchNorm2d", {"num_features": 8}), ("ReLU", {})]
    layers = [("Input", {}), *unit * UNITS]
    spec = {
        "mlnode_schema_version": "1.0",
        "input_shape": ["B", 8, 32, 32],
        "output_node": f"n{len(layers) - 1}",
        "nodes": [
            {"id": f"n{k}", "type": kind, "params": params}
            for k, (kind, params) in enumerate(layers)
        ],
        "edges": [{"source": f"n{k}", "target": f"n{k + 1}"} for k in range(len(layers) - 1)],
    }
    text = json.dumps(spec)

    def work() -> None:
        assert MLnodeModel.from_dict(json.loads(text)).validate().valid

    return work


def n_orca_check() -> Callable[[], object]:
    from n_orca import parse, verify

    ops = ["Conv2d(8, 8, 3, 1, 1)", "BatchNorm2d(8)", "ReLU"] * UNITS
    names = ["x", *(f"n{k}" for k in range(len(ops))), "y"]
    layers = [f"## layer {name}\n- op: {op}" for name, op in zip(names[1:-1], ops, strict=True)]
    edges = [f"| {a} | {b} | t{a} |" for a, b in pairwise(names)]
    text = "\n".join(
        [
            "# architecture Chain\n\n## tensors\n\n| Name | Shape | Dtype |\n|---|---|---|",
            "| x | (B, 8, 32, 32) | float32 |\n| y | (B, 8, 32, 32) | float32 |\n",
            *("## layer x [input]", *layers, "## layer y [output]\n\n## flow\n"),
            *("| Source | Target | Tensor |\n|---|---|---|", *edges),
        ]
    )

    def work() -> None:
        (architecture,) = parse(text)
        assert verify(architecture).valid

    return work


def aurane_check() -> Callable[[], object]:
    from aurane import check_types, parse_aurane

    unit = ["conv2d(8, kernel=3, padding=1)", "batch_norm()", "relu()"]
    calls = "".join(f"          -> {call}\n" for call in unit * UNITS)
    head = "use torch\n\nmodel Chain:\n    input_shape = (8, 32, 32)\n    def forward(x):\n"
    text = f"{head}        x -> relu()\n{calls}"

    def work() -> None:
        assert check_types(parse_aurane(text)).is_valid

    return work


def narchi_check() -> Callable[[], object]:
    from narchi.module import ModuleArchitecture

    conv = {"_class": "Conv2d", "output_feats": 8, "kernel_size": 3, "padding": 1}
    unit = [conv, {"_class": "BatchNorm2d"}, {"_class": "ReLU"}]
    blocks = [{"_id": f"n{k}", **block} for k, block in enumerate(unit * UNITS)]
    names = ["x", *(block["_id"] for block in blocks), "y"]
    spec = {
        "blocks": blocks,
        "graph": [" -> ".join(names)],
        "inputs": [{"_id": "x", "_shape": [8, 32, 32]}],
        "outputs": [{"_id": "y", "_shape": [8, 32, 32]}],
    }
    path = Path(mkdtemp(), "chain.jsonnet")
    path.write_text(json.dumps(spec), encoding="utf-8")
    return lambda: ModuleArchitecture(str(path))


PEERS = {
    "mlnode": mlnode_check,
    "n_orca": n_orca_check,
    "aurane": aurane_check,
    "narchi": narchi_check,
}

if __name__ == "__main__":
    ours = archc_check()
    for name, make in PEERS.items():
        if importlib.util.find_spec(name) is None:
            print(f"| check 300 nodes, beside {name} | | not installed | | | |", flush=True)
            continue
        report(f"check 300 nodes, beside {name}", compare(ours, make(), 9))
