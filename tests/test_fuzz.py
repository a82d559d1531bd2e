"""Hostile text: whatever a file holds, archc answers with a Network or with diagnostics.

And nothing of a spec is ever executed: whatever reaches the emitted source is a literal or a name.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import random
import re
import signal
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch
import yaml

import archc
from archc.analysis.accepted import Mode
from archc.diagnostics.render import render_full
from archc.emit.diagram import diagram
from archc.emit.json import json_text
from archc.emit.listing import listing
from archc.emit.mermaid import mermaid
from archc.emit.python.names import RESERVED
from archc.emit.sizes import sizes_json, sizes_text
from archc.emit.spec import spec_text
from archc.emit.table import table
from archc.names import MODULE_ATTRIBUTES
from archc.network import Network
from test_mutations import mutate

pytestmark = pytest.mark.filterwarnings("ignore")

TESTS = Path(__file__).parent
KEPT = sorted((TESTS / "fuzz").glob("*.yaml"))
SEEDS = [
    path.read_bytes()
    for folder in ("cases", "invalid", "fuzz", "../specs", "../archc/blocks")
    for path in sorted((TESTS / folder).glob("*.yaml"))
    if path.stat().st_size < 3_000
]
SECONDS = 2.0
"""Of processor time, so that other work beside does not count."""


class Late(BaseException):
    """An answer that took too long."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Late(f"after {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# Text


@pytest.mark.parametrize("part", range(3))
def test_text_samples(part: int) -> None:
    for seed in range(500 * part, 500 * part + 500):
        judge_text(changed(random.Random(f"text {seed}")))


@pytest.mark.prove
@pytest.mark.parametrize("part", range(100))
def test_text(part: int) -> None:
    for seed in range(10_000 + 1_000 * part, 11_000 + 1_000 * part):
        judge_text(changed(random.Random(f"text {seed}")))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_found(path: Path) -> None:
    judge_text(path.read_bytes())


def judge_text(data: bytes) -> bool:
    """Whether archc takes `data`; an AssertionError where it does not answer as it should."""
    try:
        with limited(SECONDS):
            return _answers(data)
    except (Exception, Late) as error:
        raise AssertionError(f"{type(error).__name__}: {error}\n{data!r}") from error


def _answers(data: bytes) -> bool:
    try:
        network = archc.check(archc.Spec.from_bytes(data, "<fuzz>"))
    except archc.FileError:
        return False
    except archc.SpecError as error:
        _assert_placed(error.diagnostics)
        return False
    ast.parse(archc.to_source(network))
    return True


def _assert_placed(diagnostics: tuple[archc.Diagnostic, ...]) -> None:
    assert diagnostics
    for diagnostic in diagnostics:
        for place in (diagnostic.place, *(label.place for label in diagnostic.related)):
            lines = re.split(r"\r\n?|\n", place.file.text)
            assert 1 <= place.span.line <= place.span.end_line <= len(lines)
            assert 1 <= place.span.column <= len(lines[place.span.line - 1]) + 1
            assert place.span.end_column <= len(lines[place.span.end_line - 1]) + 1
        render_full(diagnostic)


TOKENS = (
    "archc", "name", "inputs", "graph", "params", "blocks", "outputs", "variants", "use", "seq",
    "for", "in", "do", "repeat", "when", "from", "apply", "init", "add", "concat", "mul", "relu",
    "conv2d", "linear", "flatten", "parameter", "shape", "where", "type", "default", "choices",
    "training", "input", "N", "H", "$i", "$(input.channels)", "$(i + 1)", "$(", ")", "$$", "$",
    "true", "null", "0", "-1", "1e9", "99999999999999999", "1..9", "[", "]", "{", "}", ",", ":",
    "- ", "|", ">", "'", '"', "#", "&a", "*a", "!!int", "<<", "---", "...", "%YAML 1.2", "\t",
    "\n", "  ", "~", "?", "[]", "{}", "$([x for x in range(9)])", "$('a' * 9)", "$(9 ** 9)",
)  # fmt: skip
STRANGE = ("\0", "\x07", "\ufeff", "\u2028", "\x85", "é", "\U0001f600", "\ud800", "\r", "\x7f")


def changed(dice: random.Random) -> bytes:
    """A spec after one to four changes of its bytes, tokens, lines or structure."""
    data = dice.choice(SEEDS)
    if dice.random() < 0.25:
        data = _restructured(data, dice)
    for _ in range(dice.randint(1, 4)):
        data = dice.choice((_bytes, _tokens, _tokens, _lines))(data, dice)
    return data


def _restructured(data: bytes, dice: random.Random) -> bytes:
    try:
        spec = yaml.safe_load(data)
        for _ in range(dice.randint(1, 3)):
            if spec and isinstance(spec, dict | list):
                mutate(spec, dice)
        return yaml.safe_dump(spec, sort_keys=False).encode()
    except (yaml.YAMLError, RecursionError):
        return data


def _bytes(data: bytes, dice: random.Random) -> bytes:
    at = dice.randint(0, len(data))
    to = min(len(data), at + dice.choice([0, 1, 2, 8, 64]))
    other = dice.choice(SEEDS)
    start = dice.randint(0, len(other))
    new = dice.choice([
        b"", dice.randbytes(1), dice.randbytes(3), data[at:to] * 2, data[at:to] * 50,
        other[start : start + 40], dice.choice(STRANGE).encode("utf-8", "surrogatepass"),
    ])  # fmt: skip
    return data[:at] + new + data[to:]


def _tokens(data: bytes, dice: random.Random) -> bytes:
    tokens = re.findall(rb"\w+|\s+|[^\w\s]", data)
    if not tokens:
        return data
    at, other = dice.randrange(len(tokens)), dice.randrange(len(tokens))
    match dice.choice(("replace", "drop", "swap", "copy", "insert")):
        case "replace":
            tokens[at] = dice.choice(TOKENS).encode()
        case "drop":
            del tokens[at]
        case "swap":
            tokens[at], tokens[other] = tokens[other], tokens[at]
        case "copy":
            tokens[at] = tokens[other]
        case _:
            tokens.insert(at, dice.choice(TOKENS).encode())
    return b"".join(tokens)


def _lines(data: bytes, dice: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    match dice.choice(("drop", "double", "move", "indent", "dedent", "cut")):
        case "drop":
            del lines[at]
        case "double":
            lines.insert(at, lines[other])
        case "move":
            lines.insert(other, lines.pop(at))
        case "indent":
            lines[at] = b"  " + lines[at]
        case "dedent":
            lines[at] = lines[at].removeprefix(b"  ")
        case _:
            lines = lines[: at + 1]
    return b"\n".join(lines)


# Injection

CANARY = "archc_canary"

PIECES = (
    f"{CANARY}()", f"__import__('builtins').{CANARY}()", f"\n{CANARY}()\n", f"\n    {CANARY}()",
    f"[{CANARY}()]", f"getattr(__builtins__, '{CANARY}')()", f"{{{CANARY}()}}", f"{CANARY}",
    f"$({CANARY}())", "$(().__class__.__base__)", "$(x.__class__)", f"$([{CANARY}() for y in [1]])",
    f"$('{CANARY}()')", f'$(""" {CANARY}() """)', "$('%s' % 1)", "$('a'.format(1))",
    '"', "'", '"""', "'''", "\\", "\\\"", "\\'", "\n", "\r", "\t", "\u2028", "\x85", "\x0c", "#",
    "(", ")", "[", "]", "{", "}", ",", ";", ":", "=", "+", "*", ".", "-", "_", " ", "$", "$$", "`",
    "\\N{BULLET}", "\\x41", "\\u0041", "{0}", "%s", "a", "B", "é", "\u210c", "\uff58", "\ufb01",
    "1", "x1", "self", "super", "torch", "nn", "Tensor", "F", "forward", "__init__", "__class__",
    "lambda", "None", "import os", "print", "exec", "eval", "type: ignore", "noqa",
    "coding: utf-7", "\ufeff",
)  # fmt: skip
"""What payloads are made of."""


def payload(dice: random.Random) -> str:
    if dice.random() < 0.15:
        return "".join(dice.choices(string.ascii_letters + "_", k=dice.randint(1, 9)))
    return "".join(dice.choices(PIECES, k=dice.randint(1, 5)))


def _conv(**arguments: Any) -> dict[str, Any]:
    return {"conv2d": {"out_channels": 2, "kernel_size": 1, **arguments}}


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "name": lambda p: {"name": p},
    "summary": lambda p: {"summary": p},
    "source": lambda p: {"source": p},
    "both": lambda p: {"summary": p, "source": p},
    "parameter": lambda p: {"params": {p: 2}, "graph": [{"repeat": f"${p}", "relu": None}]},
    "default": lambda p: {"params": {"a": p}, "graph": [_conv(padding_mode="$a")]},
    "chosen": lambda p: {"params": {"a": p}, "graph": ["$a"]},
    "variant": lambda p: {"params": {"a": 1}, "variants": {p: {"a": 2}}},
    "input": lambda p: {"inputs": {p: ["N", 2, 4, 4]}},
    "symbol": lambda p: {"inputs": {"x": ["N", 2, p, p]}},
    "batch": lambda p: {"inputs": {"x": [p, 2, 4, 4]}},
    "where": lambda p: {"inputs": {"x": {"shape": ["N", 2, "H", 4], "where": {"H": p}}}},
    "bounded": lambda p: {"inputs": {"x": {"shape": ["N", 2, p, 4], "where": {p: "1..9"}}}},
    "block": lambda p: {"graph": [p], "blocks": {p: {"graph": ["relu", {"add": ["input"] * 2}]}}},
    "block_text": lambda p: {
        "graph": ["B"],
        "blocks": {"B": {"summary": p, "source": p, "graph": ["relu", {"add": ["input"] * 2}]}},
    },
    "block_parameter": lambda p: {
        "graph": [{"B": {p: 3}}, {"B": {p: 5}}],
        "blocks": {"B": {"params": {p: "int"}, "graph": [_conv(out_channels=f"$({p} + 1)")]}},
    },
    "block_value": lambda p: {
        "graph": [{"B": {"m": p}}, {"B": {"m": "zeros"}}],
        "blocks": {"B": {"params": {"m": "str"}, "graph": [_conv(padding_mode="$m")]}},
    },
    "block_input": lambda p: {
        "graph": [{"from": ["x", "x"], "B": None}],
        "blocks": {"B": {"inputs": [p, "q"], "graph": [{"add": [p, "q"]}]}},
    },
    "block_output": lambda p: {
        "graph": [{"name": "b", "B": None}, {"add": [f"b.{p}", "b.o"]}],
        "blocks": {"B": {"graph": [{"name": "r", "relu": None}], "outputs": {p: "r", "o": "r"}}},
    },
    "node": lambda p: {"graph": [{"name": p, "relu": None}, {"add": [p, "input"]}, "relu"]},
    "weights": lambda p: {"graph": [{"name": p, **_conv()}, {"apply": p}, {"add": [p, p]}]},
    "bare": lambda p: {"graph": [{"name": p, "parameter": {"shape": [2, 1, 1]}},
                                 {"mul": ["x", p]}]},
    "join": lambda p: {"graph": ["relu", {"name": p, "add": ["input", "x"]}, {"mul": [p, p]}]},
    "container": lambda p: {"graph": [{"name": f"c.{p}", "relu": None},
                                      {"name": f"{p}.c", "relu": None}]},
    "branch": lambda p: {"graph": [{"add": {p: _conv(), "rest": []}}]},
    "label": lambda p: {"graph": [{"add": {"a": _conv(), p: []}}]},
    "reference": lambda p: {"graph": [{"name": "a", "relu": None}, {"add": ["a", p]}]},
    "from": lambda p: {"graph": ["relu", {"from": p, "relu": None}]},
    "apply": lambda p: {"graph": [{"name": "a", "relu": None}, {"apply": p}]},
    "output": lambda p: {"graph": [{"name": "a", "relu": None}], "outputs": {p: "a", "b": "a"}},
    "operation": lambda p: {"graph": [p]},
    "operation_key": lambda p: {"graph": [{p: {}}]},
    "argument_key": lambda p: {"graph": [_conv(**{p: 1})]},
    "string": lambda p: {"graph": [_conv(padding=p)]},
    "mode": lambda p: {"graph": [{"upsample": {"size": 2, "mode": p}}]},
    "number": lambda p: {"graph": [_conv(out_channels=p)]},
    "shape": lambda p: {"graph": [{"reshape": {"shape": [p, -1]}}]},
    "expression": lambda p: {"graph": [_conv(out_channels=f"$({p})")]},
    "inside": lambda p: {"params": {"w": 2}, "graph": [_conv(out_channels=f"$(w + {p})")]},
    "quoted": lambda p: {"graph": [_conv(padding_mode=f"$('{p}')")]},
    "when": lambda p: {"graph": ["relu", {"when": p, "relu": None}]},
    "repeat": lambda p: {"graph": [{"repeat": p, "relu": None}]},
    "loop": lambda p: {"graph": [{"for": p, "in": [1, 2], "do": [_conv(out_channels=f"${p}")]}]},
    "elements": lambda p: {"graph": [{"for": "k", "in": [p, "b"],
                                      "do": [{"name": "$k", "relu": None}]}]},
    "init": lambda p: {"graph": [{"name": "p", "init": p, "parameter": {"shape": [2, 1, 1]}},
                                 {"mul": ["x", "p"]}]},
    "init_key": lambda p: {"graph": [{"name": "p", "init": {"normal": {p: 1}},
                                      "parameter": {"shape": [2]}}]},
    "key": lambda p: {p: "x"},
    "use": lambda p: {"use": [p]},
}  # fmt: skip
"""Where text of a spec may reach the emitted source."""


WORDS = sorted({
    *keyword.kwlist, *keyword.softkwlist, *MODULE_ATTRIBUTES, *RESERVED, *vars(Network),
    "operation", "arguments", "branches", "references", "module", "name", "from", "repeat", "when",
    "init", "seq", "apply", "for", "in", "do", "archc", "use", "blocks", "params", "inputs",
    "outputs", "variants", "graph", "summary", "source", "self", "cls", "input", "site", "scope",
    "bindings", "parameters", "args", "kwargs", "model_config", "model_fields", "model_dump",
    "copy", "from_", "for_", "in_", "values", "__init__", "__class__", "__dict__", "__debug__",
    "len", "min", "max", "sum", "int", "list", "dict", "print", "type", "id", "x1", "node:call",
    "[key]", "_",
})  # fmt: skip
"""Words of Python, of torch and of archc's own code, which a spec may have for names."""

MORE_PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "loop": lambda p: {"graph": [{"for": p, "in": [1, 2], "do": [_conv(out_channels=f"${p}")]}]},
    "row": lambda p: {"graph": [{"for": [p, "q"], "in": [[1, 2]],
                                 "do": [_conv(out_channels=f"$({p} + q)")]}]},
    "comprehension": lambda p: {"graph": [{"for": "k", "in": f"$([{p} for {p} in [1, 2]])",
                                           "do": [_conv(out_channels="$k")]}]},
    "variant_key": lambda p: {"params": {p: 1}, "variants": {"v": {p: 2}},
                              "graph": [_conv(out_channels=f"${p}")]},
    "default": lambda p: {"params": {p: 2, "q": f"$({p} * 2)"},
                          "graph": [_conv(out_channels="$q")]},
    "file_parameter": lambda p: {"params": {p: 3}, "graph": ["B"],
                                 "blocks": {"B": {"graph": [_conv(out_channels=f"${p}")]}}},
    "two_inputs": lambda p: {"inputs": {"x": ["N", 2, 4, 4], p: ["N", 2, 4, 4]},
                             "graph": [{"add": ["x", p]}]},
    "size_of": lambda p: {"graph": [{"name": p, "relu": None},
                                    _conv(out_channels=f"$({p}.channels)")]},
    "guarded": lambda p: {"graph": [{"name": p, "relu": None}, {"name": "0a", **_conv()},
                                    {"apply": "0a"}, {"add": [p, "x"]}, {"relu": None}]},
    "node_key": lambda p: {"graph": [{"relu": None, p: 1}]},
    "join_key": lambda p: {"graph": [{"add": ["x", "x"], p: 1}]},
    "loop_key": lambda p: {"graph": [{"for": "k", "in": [1], "do": ["relu"], p: 1}]},
    "parameter_key": lambda p: {"params": {"a": {"type": "int", "default": 1, p: 1}}},
    "input_key": lambda p: {"inputs": {"x": {"shape": ["N", 2, 4, 4], p: 1}}},
    "block_key": lambda p: {"blocks": {"B": {"graph": ["relu"], p: 1}}, "graph": ["B"]},
    "output_key": lambda p: {"outputs": {"a": {"from": "x", p: 1}}},
    "block_argument": lambda p: {"graph": [{"B": {p: 1}}], "blocks": {"B": {"graph": ["relu"]}}},
    "init_operation": lambda p: {"init": {p: "zeros"}},
    "init_parameter": lambda p: {"init": {"conv2d": {p: "zeros"}}, "graph": [_conv()]},
    "init_of_a_node": lambda p: {"graph": [{**_conv(), "init": {p: "zeros"}}]},
}  # fmt: skip


@pytest.mark.parametrize("place", [*PLACES, *MORE_PLACES])
def test_names_mean_nothing_to_python(place: str) -> None:
    """A name is a name, whatever Python, torch or archc's own functions call so."""
    write = {**PLACES, **MORE_PLACES}[place]
    dice = random.Random(place)
    for word in dice.sample(WORDS, 30):
        spec = {"archc": 1, "name": "net", "inputs": {"x": ["N", 2, 4, 4]}, "graph": ["relu"]}
        text = yaml.safe_dump({**spec, **write(word)}, sort_keys=False)
        try:
            network = _checked(text, place)
            if network is None:
                continue
            for show in (table, json_text, listing, spec_text):
                show(network)
            mermaid(diagram(network, None))
            sizes_text(network, tuple(Mode))
            sizes_json(network, tuple(Mode))
            _run(archc.to_source(network, guards=True), network)
        except Exception as error:
            raise AssertionError(f"{word} in {place}: {error!r}\n{text}") from error


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A builtin that leaves a trace when anything calls it."""
    sung: list[str] = []
    monkeypatch.setattr(builtins, CANARY, lambda: sung.append(CANARY), raising=False)
    return sung


def test_injection_samples(canary: list[str]) -> None:
    accepted = [judge_injection(seed, canary) for seed in range(1_000)]
    assert sum(accepted) > 100


@pytest.mark.prove
@pytest.mark.parametrize("part", range(20))
def test_injection(part: int, canary: list[str]) -> None:
    for seed in range(10_000 + 1_000 * part, 11_000 + 1_000 * part):
        judge_injection(seed, canary)


def judge_injection(seed: int, canary: list[str]) -> bool:
    """Whether archc takes an attempt; an AssertionError where any of it is executed or is code."""
    dice = random.Random(f"injection {seed}")
    place = dice.choice([*PLACES])
    spec = {"archc": 1, "name": "net", "inputs": {"x": ["N", 2, 4, 4]}, "graph": ["relu"]}
    spec.update(PLACES[place](payload(dice)))
    text = yaml.safe_dump(spec, sort_keys=False)
    try:
        network = _checked(text, place)
        if network is not None:
            source = archc.to_source(network)
            assert_harmless(source)
            _run(source, network)
        assert not canary, "executed"
    except Exception as error:
        raise AssertionError(f"{seed} in {place}: {error}\n{text}") from error
    return network is not None


def _checked(text: str, place: str) -> Network | None:
    """The network, at given sizes where the declared ones have none."""
    given = {"x": (2, 4, 4)} if place in ("symbol", "where", "bounded") else None
    try:
        return archc.check(archc.Spec.from_text(text), inputs=given)
    except (archc.SpecError, archc.FileError) as error:
        str(error)
        return None


def _run(source: str, network: Network) -> None:
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, "emitted", "exec"), namespace)  # noqa: S102
    module = list(namespace.values())[-1]()
    repr(module)
    module(*[torch.rand(2, 2, 4, 4) for _ in network.graph.inputs])


NAMES = {
    "F", "OrderedDict", "Tensor", "bool", "dict", "float", "getattr", "int", "list", "nn", "self",
    "str", "super", "torch", "tuple",
}  # fmt: skip
"""The names that emitted source may use without having made them."""

CALLED = {"OrderedDict", "getattr", "int", "super"}
"""Those that it may call, beside its own classes."""


def assert_harmless(source: str) -> None:
    """All names in it are its own or of the list, all calls are of modules or of torch."""
    tree = ast.parse(source)
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    own = classes | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            own.add(node.id)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name):
                assert name in NAMES | own, name
            case ast.Call(func=ast.Name(id=name)):
                assert name in CALLED | classes, name
            case ast.Import(names=names):
                assert [alias.name for alias in names] in (["torch"], ["torch.nn.functional"])
            case ast.ImportFrom(module=module):
                assert module in ("torch", "torch.nn", "collections"), module
            case ast.Lambda() | ast.JoinedStr() | ast.Global() | ast.Await() | ast.Try():
                raise AssertionError(ast.dump(node))
            case ast.Attribute(attr=name):
                assert not re.fullmatch("__.*__", name) or name == "__init__", name
