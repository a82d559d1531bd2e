"""Which names `--fix` rewrites: slips of archc's own, and none that means something elsewhere."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn

from archc import Spec
from archc.apply_fixes import apply_fixes
from archc.blocks import BLOCKS
from archc.describe.example import example_spec
from archc.describe.page import block_arguments, example
from archc.document.hints.names import argument_hint, operation_hint
from archc.ops import JOINS, OPERATIONS, operation_class
from archc.validate import Outcome, Request

FOLDER = Path(__file__).parent
REACH = (*OPERATIONS, *BLOCKS, "seq", "apply")
REQUEST = Request("x.yaml")
SHAPES = ("[N, 16, 32, 32]", "[N, 16, 32]", "[N, 16, 8, 8, 8]", "[N, 16]")


def judge(text: str) -> Outcome:
    return REQUEST.outcome(lambda: Spec.from_text(text))


def mended(text: str, unsafe: bool = False) -> str:
    return apply_fixes(text, judge, unsafe)[0]


def spec(*nodes: str, shape: str = SHAPES[0]) -> str:
    lines = "".join(f"  - {node}\n" for node in nodes)
    return f"archc: 1\nname: x\ninputs: {{image: {shape}}}\ngraph:\n{lines}"


def helps(text: str) -> list[str | None]:
    return [each.help for each in judge(text).diagnostics]


# Slips of the names that archc has

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SHORTEST = 3
"""Names of one or two letters, such as `p`, are not told from others when misspelt."""


def slips(word: str) -> Iterator[str]:
    """`word` with a letter swapped with the next, dropped, doubled, or hit beside."""
    for at, letter in enumerate(word):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + letter + word[at:]
        yield word[:at] + word[at + 1 : at + 2] + letter + word[at + 2 :]
        for row in KEYS:
            place = row.find(letter)
            for beside in row[max(place - 1, 0) : place + 2] if place >= 0 else "":
                yield word[:at] + beside + word[at + 1 :]


def marked(text: str, key: str) -> str:
    return re.sub(rf"([{{ ]){key}:", r"\1@:", text, count=1)


def operation_calls(name: str) -> Iterator[tuple[str, str]]:
    """The operation's own name and its arguments, each with a spec that has `@` in its place."""
    node = f"{name}: [image, image]" if name in JOINS else example(name).removeprefix("- ")
    texts = [spec(node, shape=shape) for shape in SHAPES]
    text = next((text for text in texts if judge(text).network), None)
    if text is None:
        return
    yield name, re.sub(rf"(- .*?)\b{name}\b", r"\1@", text)
    for field, info in operation_class(name).model_fields.items() if name not in JOINS else ():
        if f"{field}:" in text:
            yield field, marked(text, field)
        elif info.default is not None:
            call = node[:-1] + ", " if "{" in node else f"{name}: {{"
            yield field, text.replace(node, f"{call}@: {str(info.default).lower()}}}")


def block_calls(name: str) -> Iterator[tuple[str, str]]:
    text = example_spec(name)
    yield name, re.sub(rf"(- .*?){name}", r"\1@", text)
    for argument in block_arguments(name):
        yield argument.name, marked(text, argument.name)


@cache
def calls() -> list[tuple[str, str, tuple[str, ...]]]:
    """Each name of an operation, a block, an argument; a spec with `@` for it; its siblings."""
    found = []
    for owner in (*OPERATIONS, *BLOCKS):
        each = [*(block_calls if owner in BLOCKS else operation_calls)(owner)]
        arguments = tuple(name for name, _ in each[1:])
        found += [
            (name, text, arguments if number else REACH)
            for number, (name, text) in enumerate(each)
            if "@" in text and len(name) >= SHORTEST and judge(text.replace("@", name)).network
        ]
    return found


def test_slips_are_mended() -> None:
    """Of a thousand slips, 95 in 100 are mended, and none to another name."""
    dice = random.Random(10)
    mended_count, count, wrong = 0, 0, []
    while count < 1000:
        name, text, siblings = dice.choice(calls())
        slip = dice.choice([*slips(name), *([name.replace("_", "")] if "_" in name else [])])
        if slip == name or slip in siblings or not slip.isidentifier():
            continue
        count += 1
        after = mended(text.replace("@", slip))
        mended_count += after == text.replace("@", name)
        if after not in (text.replace("@", name), text.replace("@", slip)):
            wrong.append((name, slip, after))
    assert wrong == []
    assert mended_count >= 950


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("reul", "relu"),
        ("leakyrelu", "leaky_relu"),
        ("sigmoyd", "sigmoid"),
        ("nn.ReLU", "relu"),
        ("BatchNrom2d", "batch_norm2d"),
        ("batchnorm2d", "batch_norm2d"),
        ("maxpool2d: {kernel_size: 2}", "max_pool2d: {kernel_size: 2}"),
        ("max_pool2d: {kernal_size: 2}", "max_pool2d: {kernel_size: 2}"),
        ("max_pool2d: {kernel_sise: 2}", "max_pool2d: {kernel_size: 2}"),
        ("convd2: {out_channels: 8, kernel_size: 3}", "conv2d: {out_channels: 8, kernel_size: 3}"),
        ("con2vd: {out_channels: 8, kernel_size: 3}", "conv2d: {out_channels: 8, kernel_size: 3}"),
        ("conv2d: {filters: 8, ksize: 3}", "conv2d: {out_channels: 8, kernel_size: 3}"),
        ("swish", "silu"),
        ("SpatialDropout2D: {rate: 0.1}", "dropout2d: {p: 0.1}"),
    ],
)
def test_what_is_sure_is_mended(wrong: str, right: str) -> None:
    assert mended(spec(wrong)) == spec(right)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("batch_norm", "batch_norm2d"),
        ("maxpool: {kernel_size: 2}", "max_pool2d: {kernel_size: 2}"),
        ("convd: {out_channels: 8, kernel_size: 3}", "conv2d: {out_channels: 8, kernel_size: 3}"),
        ("max_pool2d: {kernel: 2}", "max_pool2d: {kernel_size: 2}"),
        ("conv2d: {filters: 8, size: 3}", "conv2d: {out_channels: 8, kernel_size: 3}"),
        ("adaptve_avg_pol2d: {output_size: 1}", "adaptive_avg_pool2d: {output_size: 1}"),
    ],
)
def test_what_is_likely_is_mended_on_request(wrong: str, right: str) -> None:
    assert mended(spec(wrong)) == spec(wrong)
    assert mended(spec(wrong), unsafe=True) == spec(right)


def test_the_rank_of_what_a_node_reads_chooses_of_a_family() -> None:
    assert helps(spec("batch_norm", shape="[N, 16]")) == ["did you mean `batch_norm1d`?"]
    assert helps(spec("btach_norm", shape="[N, 16, 9]")) == ["did you mean `batch_norm1d`?"]
    assert helps(spec("batch_norm", shape="[N, 16, 8, 8, 8]")) == ["did you mean `batch_norm3d`?"]
    (_, unknown) = helps(spec("frobnicate", "batch_norm"))
    assert unknown == "did you mean `batch_norm1d`, `batch_norm2d` or `batch_norm3d`?"
    closed = spec("{when: false, batch_norm: }")
    assert helps(closed) == ["did you mean `batch_norm1d`, `batch_norm2d` or `batch_norm3d`?"]


# Names that mean something else

OPPOSITE = [
    "avg_pool2d: {kernel_size: 2, count_exclude_pad: true}",
    "upsample: {scale_factor: 2, mode: bilinear, no_align_corners: true}",
    "conv2d: {out_channels: 8, kernel_size: 3, unpadding: 1}",
    "pixel_unshuffle: {upscale_factor: 2}",
    "pixel_shuffle: {downscale_factor: 2}",
    *("glu", "GLU", "softmin", "Softmin", "softshrink", "Softshrink", "rrelu", "atan", "ceil"),
    *("feature_alpha_dropout", "instance_norm3d", "InstanceNorm3d", "max", "argmax", "median"),
    "lp_pool1d: {norm_type: 2, kernel_size: 2}",
    "lp_pool3d: {norm_type: 2, kernel_size: 2}",
    "max_unpool2d: {kernel_size: 2}",
    "MaxUnpool2d: {kernel_size: 2}",
    "bilinear: {out_features: 3}",
    "Bilinear: {out_features: 3}",
    *("softmax2d", "affine_grid", "glu: {dim: 1}", "softmin: {dim: 1}"),
    "min_pool2d: {kernel_size: 2}",
    "adaptive_min_pool2d: {output_size: 1}",
    "channel_unshuffle: {groups: 4}",
    *("denormalize", "geglu", "swiglu", "relu2", "selu6", "leaky_relu6", "Bottleneck"),
    "max_blur_pool2d: {kernel_size: 2}",
    "conv2d_bn: {out_channels: 8, kernel_size: 3}",
    "inception_v2: {c1: 1, c2: [1, 2], c3: [1, 2], c4: 3}",
    "dense_layer2: {growth_rate: 3}",
    "residual2: {out_channels: 8}",
    "Residual: {out_channels: 8}",
    "UnBlock",
]


@pytest.mark.parametrize("node", OPPOSITE)
def test_another_meaning_is_no_misspelling(node: str) -> None:
    assert mended(spec(node), unsafe=True) == spec(node)
    assert not any("did you mean" in (text or "") for text in helps(spec(node)))


def test_what_stays_wrong_stays_as_it_is() -> None:
    """Each slip is one, but the node has another mistake; a mistake elsewhere does not matter."""
    wrong = [
        "{from: image, sofmax: }",
        "{from: image, conv2d: {out_chanels: 8, kernel_size: 0}}",
        "{from: image, max_poll2d: {kernel_size: 64}}",
        "{from: image, lineer: {out_features: 8, activation: relu}}",
    ]
    for node in wrong:
        assert mended(spec(node)) == spec(node)
    text = spec(*wrong, "reul", "{seq: [reul, lstm]}")
    assert mended(text) == text.replace("reul", "relu")


@cache
def foreign() -> dict[str, list[str]]:
    """The names of the lists, and torch's own, as written and in snake case."""
    text = (FOLDER / "foreign_names.txt").read_text(encoding="utf-8")
    sections = re.findall(r"^(\w+ \w+)\n((?:    .*\n)+)", text, re.MULTILINE)
    found = {title: words.split() for title, words in sections}
    for module in (nn, nn.functional, torch.Tensor, torch):
        found[module.__name__] = [name for name in dir(module) if not name.startswith("_")]
    boundary = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
    return {
        title: sorted({*names, *(re.sub(boundary, "_", name).lower() for name in names)})
        for title, names in found.items()
    }


@cache
def documented() -> dict[str, set[str]]:
    """What the language's page says that `--fix` writes, by what it is written for."""
    page = (FOLDER.parent / "docs" / "language.md").read_text(encoding="utf-8")
    part = page.split("--fix` mends")[1]
    rows = re.findall(r"^\| (?:argument )?(`.*`) \| `(\w+)` \|$", part, re.MULTILINE)
    found: dict[str, set[str]] = {}
    for others, own in rows:
        for other in re.findall(r"`(\w+)`", others):
            found.setdefault(bare(other), set()).add(own)
    return found


def bare(name: str) -> str:
    return name.lower().replace("_", "")


def may_become(name: str, written: str) -> bool:
    return bare(name) == bare(written) or written in documented().get(bare(name), ())


APART = ["min max", "in out", "up down", "include exclude", "left right", "first last", "soft hard"]
NEGATIONS = ("no", "un", "de", "non", "log")


def is_opposite(name: str, other: str) -> bool:
    """Whether a part is replaced by its opposite, or a negation is added."""
    one, two = bare(name), bare(other)
    pairs = [tuple(pair.split()) for pair in APART]
    is_replaced = any(one.replace(a, b, 1) == two or two.replace(a, b, 1) == one for a, b in pairs)
    return one != two and (
        is_replaced or any(one in (two, no + two) or two == no + one for no in NEGATIONS)
    )


CALLS = [
    "conv2d: {out_channels: 8, kernel_size: 3}",
    "avg_pool2d: {kernel_size: 3}",
    "batch_norm2d: {}",
    "upsample: {scale_factor: 2}",
    "pixel_unshuffle: {downscale_factor: 2}",
    "slice: {}",
    "normalize: {}",
    "dropout: {}",
    "residual: {out_channels: 8}",
]
"""Calls to which a foreign argument is added."""


@pytest.mark.parametrize("title", sorted(foreign()))
def test_foreign_names_are_rewritten_to_documented_synonyms_alone(title: str) -> None:
    names = [name for name in foreign()[title] if name not in REACH]
    for start in range(0, len(names), 50):
        part = names[start : start + 50]
        nodes = [f"{{from: image, {name}: }}" for name in part]
        after = mended(spec(*nodes)).splitlines()[4:]
        for name, line in zip(part, after, strict=True):
            written = line.removeprefix("  - {from: image, ").removesuffix(": }")
            assert may_become(name, written)
    for name in names:
        hint = operation_hint(name, REACH, 2)
        assert hint is None or not hint.is_safe or may_become(name, hint.meant or "")
        for proposed in re.findall(r"`(\w+)`", hint.help) if hint and "mean" in hint.help else ():
            assert not is_opposite(name, proposed)


@pytest.mark.parametrize("title", sorted(foreign()))
def test_foreign_arguments_are_rewritten_to_documented_synonyms_alone(title: str) -> None:
    names = foreign()[title]
    for call in CALLS:
        operation, _, arguments = call.partition(": ")
        params = [each.name for each in block_arguments(operation)] if operation in BLOCKS else ()
        known = tuple(params or operation_class(operation).model_fields)
        for name in names:
            hint = None if name in known else argument_hint(operation, name, 1, known)
            if hint is None or hint.meant is None:
                continue
            assert not is_opposite(name, hint.meant)
            text = spec(f"{call[:-1]}{', ' * (arguments != '{}')}{name}: 1}}")
            if not may_become(name, hint.meant):
                assert not hint.is_safe
                assert mended(text) == text


@pytest.mark.parametrize("title", sorted(foreign()))
def test_foreign_operations_have_an_answer(title: str) -> None:
    """What people write as a layer is answered with what archc has, or that it has none."""
    if "layers" not in title and title != "torch.nn":
        return
    for name in foreign()[title]:
        is_layer = title != "torch.nn" or name[0].isupper()
        if is_layer and bare(name) not in (*map(bare, REACH), "input", "layer"):
            assert operation_hint(name, REACH, 2) is not None, name
