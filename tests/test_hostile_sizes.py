"""Hostile questions of sizes: each is answered, or "not decided" with a reason, within ten seconds
and a gigabyte; and a formula out of reach is a diagnostic at its node, whatever the command.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archc
from archc.analysis.accepted import Mode, accepted
from archc.sizes.budget import MOST_STEPS, budget
from test_hostile import limited

pytestmark = pytest.mark.slow

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61)


def halved_and_doubled(factors: tuple[int, ...], dims: int) -> str:
    """Branches that make a size a multiple of each factor, added to what they read."""
    window = [1] * (dims - 1)
    nodes = []
    for factor in factors:
        pool = f"max_pool{dims}d: {{kernel_size: {[factor, *window] if window else factor}}}"
        scale = [factor, *window] if window else factor
        nodes += [f"{{name: down{factor}, from: x, {pool}}}"]
        nodes += [f"{{name: up{factor}, upsample: {{scale_factor: {scale}}}}}"]
    return f"[{', '.join(nodes)}, add: [x, {', '.join(f'up{f}' for f in factors)}]]"


FLAT = "flatten, linear: {out_features: 1}"

ASKED: dict[str, tuple[str, str]] = {
    "many divisors": ("{x: [N, 1, 720720, 720720]}", f"[{FLAT}]"),
    "many divisors of three": ("{x: [N, 1, 5040, 5040, 5040]}", f"[{FLAT}]"),
    "many divisors of floors": (
        "{x: [N, 1, 720720, 720720]}",
        f"[max_pool2d: {{kernel_size: 2}}, {FLAT}]",
    ),
    "a huge product": ("{x: [N, 1, 99999989, 99999989]}", f"[{FLAT}]"),
    "two products": (
        "{x: [N, 1, 10080, 10080], y: [N, 1, 10080, 10080]}",
        (
            "[{name: a, from: x, flatten}, {name: c, linear: {out_features: 1}}, "
            "{name: b, from: y, flatten}, {name: d, linear: {out_features: 1}}, add: [c, d]]"
        ),
    ),
    "a product that is at least": (
        "{x: [N, 1, 9, 9]}",
        "[{instance_norm2d: {}}, group_norm: {num_groups: 1}]",
    ),
    "many primes": ("{x: [N, 1, L]}", halved_and_doubled(PRIMES, 1)),
    "many primes twice": ("{x: [N, 1, H, W]}", halved_and_doubled(PRIMES[:7], 2)),
    "a long period": ("{x: [N, 1, L]}", halved_and_doubled((16, 27, 25, 5), 1)),
    "coupled symbols": (
        "{x: [N, 1, A], y: [N, 1, B], z: [N, 1, C]}",
        "[{name: a, concat: [x, y], dim: 2}, {name: b, concat: [y, z], dim: 2}, add: [a, b]]",
    ),
    "thousands of requirements": (
        "{x: [N, 1, L]}",
        (
            "[{for: k, in: '$(range(2, 2000))', do: [{name: p$k, from: x, "
            "pad: {pad: [$k, 0], mode: reflect}}, {name: q$k, max_pool1d: {kernel_size: $k}}, "
            "{name: r$k, adaptive_avg_pool1d: {output_size: 1}}]}, "
            f"add: [{', '.join(f'r{k}' for k in range(2, 2000))}]]"
        ),
    ),
    "a chain of periods": (
        "{x: [N, 1, L]}",
        (
            "[{for: k, in: [2, 3, 4, 5, 6, 7], do: [{name: p$k, max_pool1d: {kernel_size: $k}}, "
            "{name: u$k, conv_transpose1d: {out_channels: 1, kernel_size: $k, stride: $(k + 1)}}"
            "]}, {name: v, max_pool1d: {kernel_size: 7}}, {name: w, from: u7, "
            "conv1d: {out_channels: 1, kernel_size: 8, stride: 7, padding: 2}}, add: [v, w]]"
        ),
    ),
    "a huge range": (
        (
            "{x: {shape: [N, 1, H, W], where: {H: {range: 32..999999968, multiple_of: 32}, "
            "W: 1..999999999}}}"
        ),
        "[max_pool2d: {kernel_size: 1, stride: 7}]",
    ),
    "huge windows": (
        "{x: [N, 1, H, W]}",
        "[max_pool2d: {kernel_size: 999999999, stride: 999999937}, batch_norm2d]",
    ),
    "scales that are no fractions": (
        "{x: [N, 1, H, W]}",
        "[{repeat: 20, upsample: {scale_factor: 0.93}}]",
    ),
}


UNDECIDED = {
    "many divisors of three": "more than 3,000,000 steps",
    "a huge product": "more than 3,000,000 steps",
    "many primes": "a period beyond 65,536",
    "many primes twice": "a period beyond 65,536",
    "a huge range": "more than 200,000 intervals",
}
"""What is not decided, and why."""


@pytest.mark.parametrize("name", ASKED)
def test_sizes(name: str, tmp_path: Path) -> None:
    inputs, graph = ASKED[name]
    (tmp_path / "spec.yaml").write_text(f"archc: 1\nname: x\ninputs: {inputs}\ngraph: {graph}\n")
    arguments = ("sizes", "spec.yaml", "--max-memory", "999999999GiB")
    text = limited(*arguments, cwd=tmp_path)
    said = limited(*arguments, "--format", "json", cwd=tmp_path)
    assert (text.code, said.code) == (0, 0), text.stderr[-500:] + said.stderr[-500:]
    found = json.loads(said.stdout)
    is_decided = all(each["eval"] is not None for each in found["symbols"].values())
    assert is_decided == (name not in UNDECIDED)
    assert is_decided == ("not decided" not in text.stdout)
    if not is_decided:
        assert f"({UNDECIDED[name]})" in text.stdout
        texts = [each["text"] for each in found["reasons"]["eval"]]
        assert any(each.endswith(f"({UNDECIDED[name]})") for each in texts)


def test_sizes_at_numbers_of_nine_digits(tmp_path: Path) -> None:
    inputs, graph = ASKED["many primes twice"]
    (tmp_path / "spec.yaml").write_text(f"archc: 1\nname: x\ninputs: {inputs}\ngraph: {graph}\n")
    yes = limited("sizes", "spec.yaml", "--at", "x=1x510510x999999999", cwd=tmp_path)
    assert (yes.code, yes.stdout[:4]) == (0, "yes:")
    no = limited("sizes", "spec.yaml", "--at", "x=1x999999999x999999999", cwd=tmp_path)
    assert no.code == 1
    assert no.stdout.endswith("nearest: none known\n")


def test_the_steps_do_not_depend_on_what_was_asked_before() -> None:
    """What is kept of one mode is paid for by the next."""
    inputs, graph = ASKED["many divisors of floors"]
    spec = archc.Spec.from_text(f"archc: 1\nname: x\ninputs: {inputs}\ngraph: {graph}\n")
    network = archc.check(spec, max_memory=10**30)
    first = accepted(network, Mode.EVALUATION)
    assert first.same(accepted(network, Mode.EVALUATION))
    assert first.joints[0].region is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archc.analysis.accepted.joint.budget", lambda: budget(MOST_STEPS // 3))
        (joint,) = accepted(network, Mode.EVALUATION).joints
    assert joint.region is None
    assert {each.reason for each in joint.unsolved} == {"more than 1,000,000 steps"}


def rows(count: int) -> str:
    """Branches of as many heights, and all of them one above the other."""
    parts = [
        f"{{name: r{k}, from: x, max_pool2d: {{kernel_size: 1, stride: [{k}, 1]}}}}"
        for k in range(2, count + 2)
    ]
    names = ", ".join(f"r{k}" for k in range(2, count + 2))
    return f"{', '.join(parts)}, {{name: tall, concat: [{names}], dim: 2}}"


FORMULAS = {
    "a size": f"[{rows(600)}]",
    "a requirement": f"[{rows(500)}, batch_norm2d]",
    "a join": (
        f"[{rows(400)}, {{name: a, conv2d: {{out_channels: 3, kernel_size: 3, stride: [3, 1], "
        "padding: 1}}, add: [a, tall]]"
    ),
    "MACs of one": f"[{rows(510)}, conv2d: {{out_channels: 1, kernel_size: 1}}]",
    "MACs of all": (
        "[{repeat: 3000, conv2d: {out_channels: 1, kernel_size: 3, stride: 2, padding: 1}}]"
    ),
    "all sizes": f"[{rows(400)}, {{repeat: 2000, pad: {{pad: [0, 0, 1, 0]}}}}]",
    "depth": "[{repeat: 70, upsample: {scale_factor: 0.93}}]",
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(name: str, tmp_path: Path) -> None:
    text = f"archc: 1\nname: x\ninputs: {{x: [N, 3, H, W]}}\ngraph: {FORMULAS[name]}\n"
    (tmp_path / "spec.yaml").write_text(text)
    commands = ("validate", "compile", "summary", "sizes", "diagram", "expand")
    outcomes = [limited(command, "spec.yaml", cwd=tmp_path) for command in commands]
    assert len({outcome.stderr for outcome in outcomes}) == 1
    assert all(outcome.code == 1 for outcome in outcomes)
    assert "Traceback" not in outcomes[0].stderr
    assert outcomes[0].stderr.startswith("error[ARC508] sizes-too-deep: ")


@pytest.mark.parametrize("steps", [1, 20, 50, 100, 200, 400, 1_000])
def test_wherever_the_steps_end_it_is_not_decided(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "archc.analysis.accepted.joint.budget", lambda most=steps: budget(min(most, steps))
    )
    text = (
        "archc: 1\nname: x\ninputs: {a: [N, 3, H, W], b: [N, 3, K, L]}\n"
        "graph:\n  - {name: p, from: a, max_pool2d: {kernel_size: 3}}\n"
        "  - {name: q, from: b, max_pool2d: {kernel_size: 5}}\n"
        "  - {name: r, from: p, mean: {dim: [2, 3]}}\n  - {name: s, from: q, mean: {dim: [2, 3]}}\n"
        "  - add: [r, s]\n"
    )
    network = archc.check(archc.Spec.from_text(text))
    for mode in Mode:
        accepted(network, mode)
