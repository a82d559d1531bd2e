"""The rules of `archc/lint`: one list, silent where nothing is wrong, judged by torch.

What each finds, and what it does not, is in `invalid/`; rules that are off unless asked for have
more in `test_asked.py`.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch

import archc
from archc.diagnostics import CATALOGUE
from archc.lint.flow import REACH, flow
from archc.lint.rules import OPT_IN, RULES
from archc.ops import OPERATIONS, operation_class
from archc.ops.elementwise import Activation
from archc.source import read_file

ROOT = Path(__file__).parents[1]
SPECS = sorted([*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/cases/*.yaml")])
ACTIVATIONS = {
    name: {"softmax": ": {dim: 1}", "log_softmax": ": {dim: 1}"}.get(name, "")
    for name in OPERATIONS
    if issubclass(operation_class(name), Activation)
}

BY_ARGUMENT = ("celu", "elu", "leaky_relu", "prelu", "softplus")
"""What an activation changes behind these depends on their arguments or weights: none is told."""


def codes(graph: str, inputs: str = "x: [N, 8, 4, 4]") -> list[str]:
    text = f"archc: 1\nname: x\ninputs: {{{inputs}}}\ngraph: [{graph}]\n"
    return [found.code.code for found in archc.check(archc.Spec.from_text(text)).warnings]


def test_the_list_is_the_reality() -> None:
    """A file a rule, named after its code; opt-in is said in the catalogue alone."""
    files = {path.stem for path in (ROOT / "archc/lint").glob("*.py")}
    named = {code.name.replace("-", "_") for code in RULES}
    assert named <= files
    assert files - named == {"__init__", "flow", "lint", "norms", "rules", "suppressions", "unused"}
    assert list(RULES) == sorted(RULES, key=lambda code: code.code)
    assert {code for code in CATALOGUE.values() if code.opt_in} == set(OPT_IN)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_found_where_nothing_is_wrong(path: Path) -> None:
    variants = read_file(path).data.get("variants") or {None}
    found = [(name, archc.check(path, variant=name).warnings) for name in variants]
    assert [each for each in found if each[1]] == []


@pytest.mark.parametrize("pair", list(product(ACTIVATIONS, repeat=2)), ids="-".join)
def test_what_changes_nothing_by_torch(pair: tuple[str, str]) -> None:
    """Of two activations one is found useless if and only if the values say so."""
    first, second = (f"{{{name}{ACTIVATIONS[name]}}}" if ":" in name + ACTIVATIONS[name] else name
                     for name in pair)  # fmt: skip
    graph = f"{first}, {second}"
    spec = archc.Spec.from_text(
        f"archc: 1\nname: x\ninputs: {{x: [N, 8, 4, 4]}}\ngraph: [{graph}, flatten]\n"
    )
    module = archc.compile(spec).eval()
    x = 20 * torch.randn(4, 8, 4, 4)
    layers = list(module)
    once, alone = layers[0](x), layers[1](x)
    both = layers[1](once)
    is_useless = torch.equal(both, once) or torch.equal(both, alone)
    found = archc.check(spec).warnings
    is_told = any("changes nothing" in each.message for each in found)
    if pair[0] == pair[1] or {*pair} == {"softmax", "log_softmax"}:
        assert found
    else:
        assert is_told == bool(found) == (is_useless and pair[0] not in BY_ARGUMENT)
    assert {each.code.code for each in found} <= {"ARC910"}


@pytest.mark.parametrize("seed", range(40))
def test_what_is_one_linear_map_by_rank(seed: int) -> None:
    """Two maps are found to be one if and only if their product can be any matrix of the size."""
    generator = torch.Generator().manual_seed(seed)
    width, middle, out = torch.randint(2, 6, (3,), generator=generator).tolist()
    product = torch.rand(out, middle, generator=generator) @ torch.rand(
        middle, width, generator=generator
    )
    is_any = int(torch.linalg.matrix_rank(product)) == min(width, out)
    linears = (f"linear: {{out_features: {size}}}" for size in (middle, out))
    convs = (f"conv2d: {{out_channels: {size}, kernel_size: 1}}" for size in (middle, out))
    maps = (*linears, f"x: [N, {width}]"), (*convs, f"x: [N, {width}, 4, 4]")
    for first, second, inputs in maps:
        assert codes(f"{first}, {second}", inputs) == ["ARC911"] * is_any
        assert codes(f"{first}, relu, {second}", inputs) == []


def test_a_rule_looks_back_no_further_than_it_may() -> None:
    """Each of many steps may look back along one chain, which must not cost their product."""
    graph = ", ".join([*["dropout"] * 300, "{name: end, relu}"])
    spec = archc.Spec.from_text(f"archc: 1\nname: x\ninputs: {{x: [N, 8]}}\ngraph: [{graph}]\n")
    steps = flow(archc.check(spec), spec.source)
    assert len(list(steps.upstream(300))) == REACH
