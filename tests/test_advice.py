"""What the help of a mistake in sizes says is true: the spec that it makes is accepted."""

from __future__ import annotations

import re
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

import archc
from archc.advice import MOST_NODES, MOST_TRIED
from archc.diagnostics import Diagnostic, Proposal
from archc.network import Network
from near_misses import Data, near_miss
from random_networks import written

HEAD = "archc: 1\nname: net\ninputs: {x: [N, 16, 32, 32]}\ngraph:\n"
CONV = "{name: y, conv2d: {out_channels: 16, kernel_size: 3}}"


@pytest.mark.parametrize("part", range(4))
def test_help_is_true(part: int) -> None:
    counts = sum((outcome(seed) for seed in range(50 * part, 50 * part + 50)), Counter[str]())
    assert counts["would match"] > 1, counts
    assert counts["accepted next"] + counts["meant"] > 1, counts


@pytest.mark.prove
@pytest.mark.parametrize("part", range(40))
def test_all_help_is_true(part: int) -> None:
    for seed in range(1_000 + 50 * part, 1_050 + 50 * part):
        outcome(seed)


def outcome(seed: int) -> Counter[str]:
    """What was said of one slip; an AssertionError where it is not true."""
    told, spec = near_miss(seed)
    found = refused(spec)
    for diagnostic in found:
        try:
            confirm(diagnostic, found, spec)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, {told}: {error}\n{written(spec)}") from error
    kinds = ("would match", "accepted next", "meant")
    return Counter(
        each for diagnostic in found for each in kinds if each in (diagnostic.help or "")
    )


def confirm(diagnostic: Diagnostic, found: tuple[Diagnostic, ...], spec: Data) -> None:
    """Does what the help says, and sees that it helps."""
    text = diagnostic.help or ""
    assert text.count("would match") == len([*diagnostic.proposals])
    others = Counter(each.message for each in found) - Counter([diagnostic.message])
    for proposal in diagnostic.proposals:
        assert proposal.text in text
        left = Counter(each.message for each in refused(changed(spec, proposal)))
        assert left <= others, proposal.text
    for sizes in listed(text):
        assert not refused(spec, inputs(spec, sizes)), sizes
    for shape in re.findall(r"is `\[N, ([\d, ]+)\]` meant", text):
        given = [int(size) for size in shape.split(", ")]
        assert any(not refused(spec, {name: given}) for name in spec["inputs"]), shape


def refused(spec: Data, given: dict[str, list[int]] | None = None) -> tuple[Diagnostic, ...]:
    text = spec if isinstance(spec, str) else written(spec)
    try:
        archc.check(archc.Spec.from_text(text), inputs=given)
    except archc.SpecError as error:
        return error.diagnostics
    return ()


def listed(text: str) -> list[str]:
    """The sizes that a help calls accepted."""
    found = re.search(r"accepted next to [^:]+: (.*?)(, none below)?$", text, re.MULTILINE)
    return re.split(", | and ", found[1]) if found else []


def inputs(spec: Data, sizes: str) -> dict[str, list[int]]:
    """The inputs of a spec at `sizes` as the help shows them."""
    if "=" in sizes:
        pairs = (each.split("=") for each in sizes.split())
        return {name: [int(size) for size in values.split("x")] for name, values in pairs}
    ((name, declared),) = spec["inputs"].items()
    shape = declared["shape"] if isinstance(declared, dict) else declared
    values = [int(size) for size in sizes.split("x")]
    return {name: [*shape[1 : len(shape) - len(values)], *values]}


def changed(spec: Data, proposal: Proposal) -> Data:
    """The spec after a proposal, by a way of its own."""
    after = deepcopy(spec)
    for path, value in proposal.values:
        *way, last = path
        inner = after
        for step in way:
            inner = inner[step]
        inner[last] = value
    return after


GATE = "{name: g, conv2d: {out_channels: 1, kernel_size: 1}}, mul: [x, g]"
WIDTHS = (
    "{name: a, conv2d: {out_channels: 8, kernel_size: 1}}, "
    "{name: b, from: x, conv2d: {out_channels: 4, kernel_size: 1}}, add: [a, b]"
)
CHANCE = "{name: a, max_pool2d: {kernel_size: 2, ceil_mode: true}}, {name: b, relu}, concat: [b, x]"
"""Sizes that are equal at size 1 alone."""


@pytest.mark.parametrize("nodes", [GATE, WIDTHS, CHANCE])
def test_nothing_is_proposed_that_makes_another_network(nodes: str) -> None:
    (found,) = refused(f"{HEAD[:-1]} [{nodes}]\n")
    assert found.proposals == ()
    assert "would match" not in (found.help or "")
    assert "accepted next" not in (found.help or "")


def test_what_is_tried_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred mistakes, each with a way out, take no more changed specs than one."""
    from archc import compiler

    calls = []
    real = compiler._network

    def counted(*args: Any) -> Network:
        calls.append(args)
        return real(*args)

    monkeypatch.setattr(compiler, "_network", counted)
    conv = "  - {{name: a{0}, from: x, conv2d: {{out_channels: 16, kernel_size: 3}}}}\n"
    found = refused(HEAD + "".join(f"{conv.format(k)}  - add: [a{k}, x]\n" for k in range(100)))
    assert len(found) == 100
    assert len(calls) <= MOST_TRIED + 2
    assert "`padding: 1` at `a0` (line 5)" in (found[0].help or "")


def test_a_large_spec_gets_no_advice() -> None:
    nodes = f"  - {{repeat: {MOST_NODES}, relu}}\n  - {CONV}\n  - add: [y, x]\n"
    assert [each.proposals for each in refused(HEAD + nodes)] == [()]


def test_a_slip_that_is_made_again_is_put_right_everywhere() -> None:
    nodes = f"  - {CONV}\n  - add: [y, x]\n  - {CONV.replace('y', 'z')}\n  - add: [z, x]\n"
    (found,) = refused(HEAD + nodes)
    assert found.help == (
        "`padding: 1` at `y` (line 5) and `padding: 1` at `z` (line 7) would match"
    )
