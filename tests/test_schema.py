"""The JSON Schema of specs: it takes what archc takes, and refuses what archc refuses."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

import archc
from archc.blocks import BLOCKS
from archc.describe.argument import argument_words
from archc.document.format import Document
from archc.document.parse import parse_model
from archc.ops import JOINS, OPERATIONS, operation_class
from archc.ops.initialiser import INITIALISERS
from archc.schema import json_schema, schema_text
from archc.schema.draft7 import converted
from archc.schema.value import value
from archc.source import read, read_file
from test_mutations import written

ROOT = Path(__file__).parent.parent
FILE = ROOT / "schema" / "archc.schema.json"
CASES = sorted((ROOT / "tests" / "cases").glob("*.yaml"))
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))

SCHEMA = json_schema()
VALIDATOR = Draft7Validator(SCHEMA)
MAPPING = SCHEMA["definitions"]["mapping"]["properties"]

HEAD = "archc: 1\nname: net\ninputs: {image: [N, 3, 32, 32]}\n"


def refusals(text: str) -> list[str]:
    """Why the schema refuses a spec."""
    return [error.message for error in VALIDATOR.iter_errors(read(text, "net.yaml").data)]


def test_is_draft7() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(SCHEMA)


def test_file_is_current(golden: Callable[[Path, str], None]) -> None:
    golden(FILE, schema_text())


@pytest.mark.parametrize("path", [*SPECS, *CASES], ids=lambda path: path.stem)
def test_takes(path: Path) -> None:
    data = read_file(path).data
    if isinstance(data, dict) and "graph" in data:
        assert not [error.message for error in VALIDATOR.iter_errors(data)]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_name_the_schema(path: Path) -> None:
    """Editors find the schema by the first line."""
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    if "graph:" in text:
        assert found is not None, f"{path.name} has no modeline"
        assert (path.parent / found[1]).resolve() == FILE


NODES = """
- conv2d: {out_channels: 8, kernel_size: [3, 1], padding: same}
- conv2d: {out_channels: $width, kernel_size: [3, $width], padding: '$(width // 2)'}
- {name: 3, relu}
- {name: bn1, from: [stem], repeat: 2, when: $(i > 0), batch_norm2d: {momentum: null}}
- {conv2d: {out_channels: 8, kernel_size: 3}, init: {weight: {kaiming_normal: {mode: fan_out}}, bias: zeros}}
- {name: scale, parameter: {shape: [8, 1, 1]}, init: {constant: {val: 1}}}
- {concat: [one, two], dim: -1}
- add: {body: [relu, {seq: [relu]}], short: [], other: {Mine: {width: 3}}, bare: relu}
- $activation
- $block: {stride: 2}
- Mine
- {for: [k, [a, b]], in: [[1, [2, 3]]], do: [relu]}
- {for: k, in: $(range(3)), do: [{apply: stem}]}
- {seq: []}
- transition:
- vgg_block: {num_convs: 2, out_channels: $width}
- nin_block: {out_channels: 8, kernel_size: [3, 1]}
"""  # noqa: E501  (a node a line)


@pytest.mark.parametrize("node", NODES.strip().splitlines())
def test_takes_node(node: str) -> None:
    assert not refusals(f"{HEAD}graph:\n{node}\n")


FORMAT = """
params: {width: 8, rows: [[1, 2]], depth: int, rate: {type: float, min: 0}, none: null}
variants: {small: {width: 4}, large: {}}
blocks: {Mine: {summary: x, params: {width: int}, inputs: [a, b], graph: [relu], outputs: {c: d}}}
use: [blocks.yaml]
inputs: {image: {shape: [N, 3, H, $size], where: {H: 32..1024}}, vector: [N, 4]}
outputs: {logits: head, aux: {from: aux1, when: training}}
source: null
"""


@pytest.mark.parametrize("line", FORMAT.strip().splitlines())
def test_takes_key(line: str) -> None:
    head = HEAD if "inputs: {image" not in line else "archc: 1\nname: net\n"
    assert not refusals(f"{head}graph: [relu]\n{line}\n")


MUTATIONS = {
    "kernel of three": "graph: [{conv2d: {out_channels: 8, kernel_size: [3, 3, 3]}}]",
    "kernel of one": "graph: [{conv2d: {out_channels: 8, kernel_size: [3]}}]",
    "kernel below one": "graph: [{conv2d: {out_channels: 8, kernel_size: 0}}]",
    "kernel as text": "graph: [{conv2d: {out_channels: 8, kernel_size: '3'}}]",
    "argument misspelt": "graph: [{conv2d: {out_channel: 8, kernel_size: 3}}]",
    "argument that follows": "graph: [{linear: {in_features: 8, out_features: 3}}]",
    "argument missing": "graph: [{conv2d: {out_channels: 8}}]",
    "arguments missing": "graph: [conv2d]",
    "arguments null": "graph: [{conv2d: null}]",
    "arguments listed": "graph: [{relu: [1]}]",
    "argument of none": "graph: [{relu: {x: 1}}]",
    "wrong type": "graph: [{conv2d: {out_channels: many, kernel_size: 3}}]",
    "true for a number": "graph: [{conv2d: {out_channels: true, kernel_size: 3}}]",
    "a number for true": "graph: [{linear: {out_features: 3, bias: 1}}]",
    "wrong word": "graph: [{conv2d: {out_channels: 8, kernel_size: 3, padding: sam}}]",
    "probability above one": "graph: [{dropout: {p: 2}}]",
    "operation misspelt": "graph: [{conv2dd: {out_channels: 8, kernel_size: 3}}]",
    "bare operation misspelt": "graph: [rellu]",
    "operation in a branch misspelt": "graph: [{add: {a: [rellu], b: []}}]",
    "operation in a block misspelt": "blocks: {Mine: {graph: [rellu]}}\ngraph: [Mine]",
    "operation in a loop misspelt": "graph: [{for: k, in: [1], do: [rellu]}]",
    "operation missing": "graph: [{name: x}]",
    "empty node": "graph: [{}]",
    "node of a number": "graph: [3]",
    "node of nothing": "graph: [null]",
    "two operations": "graph: [{relu: null, sigmoid: null}]",
    "node key misspelt": "graph: [{relu: null, nmae: x}]",
    "name a list": "graph: [{relu: null, name: [x]}]",
    "from nothing": "graph: [{relu: null, from: []}]",
    "repeat as text": "graph: [{relu: null, repeat: twice}]",
    "when as text": "graph: [{relu: null, when: never}]",
    "join of one": "graph: [{add: [input]}]",
    "join of one branch": "graph: [{add: {a: []}}]",
    "join of a number": "graph: [{add: 2}]",
    "dim without its join": "graph: [{relu: null, dim: 1}]",
    "dim of the wrong join": "graph: [{add: [input, input], dim: 1}]",
    "loop without in": "graph: [{for: k, do: [relu]}]",
    "loop without do": "graph: [{for: k, in: [1]}]",
    "loop with a name": "graph: [{for: k, in: [1], do: [relu], name: x}]",
    "loop over a number": "graph: [{for: k, in: 3, do: [relu]}]",
    "variable of a strange name": "graph: [{for: k-1, in: [1], do: [relu]}]",
    "seq of a mapping": "graph: [{seq: {relu: null}}]",
    "apply of a list": "graph: [{apply: [x]}]",
    "block argument misspelt": "graph: [{residual: {out_channel: 8}}]",
    "block argument missing": "graph: [{residual: {stride: 2}}]",
    "block argument of the wrong type": "graph: [{residual: {out_channels: many}}]",
    "block argument too small": "graph: [{residual: {out_channels: 0}}]",
    "graph missing": "summary: x",
    "graph of a mapping": "graph: {relu: null}",
    "unknown top-level key": "graph: [relu]\ngrpah: [relu]",
    "name in capitals": "graph: [relu]\nname: Net",
    "version of another": "graph: [relu]\narchc: 2",
    "no inputs": "graph: [relu]\ninputs: {}",
    "input of one size": "graph: [relu]\ninputs: {x: [N]}",
    "input size of zero": "graph: [relu]\ninputs: {x: [N, 0]}",
    "input key misspelt": "graph: [relu]\ninputs: {x: {shap: [N, 3]}}",
    "range backwards written": "graph: [relu]\ninputs: {x: {shape: [N, H], where: {H: 32-64}}}",
    "parameter key misspelt": "graph: [relu]\nparams: {x: {typ: int}}",
    "parameter of an unknown type": "graph: [relu]\nparams: {x: {type: integer}}",
    "parameter minimum as text": "graph: [relu]\nparams: {x: {type: int, min: one}}",
    "block in small letters": "graph: [relu]\nblocks: {mine: {graph: [relu]}}",
    "block key misspelt": "graph: [relu]\nblocks: {Mine: {graph: [relu], output: {a: b}}}",
    "output at another time": "graph: [relu]\noutputs: {y: {from: x, when: evaluation}}",
    "output of a number": "graph: [relu]\noutputs: {y: 1}",
    "initialiser misspelt": "graph: [{parameter: {shape: [3]}, init: {constnt: {val: 1}}}]",
}  # fmt: skip
"""Small changes that make a spec wrong by its format or by an operation's own arguments."""


def mutated(change: str) -> str:
    """A whole spec with the lines of `change`, which replace those of the head."""
    keys = [line.partition(":")[0] for line in change.splitlines()]
    kept = [line for line in HEAD.splitlines() if line.partition(":")[0] not in keys]
    return "\n".join([*kept, change, ""])


@pytest.mark.parametrize("change", MUTATIONS.values(), ids=MUTATIONS)
def test_refuses_what_archc_refuses(change: str) -> None:
    text = mutated(change)
    with pytest.raises(archc.SpecError):
        archc.check(archc.Spec.from_text(text))
    assert refusals(text)


ROUNDS = 200


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_agrees_about_mutations(spec: Path) -> None:
    """Of random changes, the schema refuses those that the format refuses, takes those that archc
    takes. A block that nobody uses is checked by editors alone.
    """
    for seed in range(ROUNDS // len(SPECS) + 1):
        text = written(spec, seed)
        if text is None:
            continue
        errors = list(VALIDATOR.iter_errors(read(text, spec.name).data))
        if not errors:
            assert not misfits(text)
        elif not all(list(error.absolute_path)[:1] == ["blocks"] for error in errors):
            with pytest.raises(archc.SpecError):
                archc.check(archc.Spec(read(text, spec.name), spec.parent))


def misfits(text: str) -> list[str]:
    """Why the format refuses `text`, but for names that Python reserves: no pattern lists them."""
    try:
        found = parse_model(read(text, "net.yaml"), Document).mistakes
    except archc.SpecError as error:
        found = error.diagnostics
    return [each.message for each in found if "word of Python" not in each.message]


def test_has_all_names() -> None:
    assert {*OPERATIONS, *BLOCKS} <= MAPPING.keys()
    assert SCHEMA["properties"].keys() == {
        field.alias or name for name, field in Document.model_fields.items()
    }


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property in `schema` and below, by its name."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for part in schema.values():
            yield from properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from properties(part)


def test_everything_is_explained() -> None:
    silent = {name for name, part in properties(SCHEMA) if not part.get("description")}
    assert not silent, "give them words: Field(description=...), or archc/describe/argument.py"


@pytest.mark.parametrize("name", [*OPERATIONS, *INITIALISERS])
def test_arguments_have_words(name: str) -> None:
    model = INITIALISERS[name] if name in INITIALISERS else operation_class(name)
    for argument, field in model.model_fields.items():
        assert argument_words(name, argument, field), f"`{argument}` of `{name}`"


def test_required_arguments_are_required() -> None:
    for name in OPERATIONS.keys() - JOINS:
        fields = operation_class(name).model_fields.items()
        required = [key for key, field in fields if field.is_required()]
        assert MAPPING[name].get("required", []) == required
        assert MAPPING[name]["additionalProperties"] is False


def test_conversion() -> None:
    pair = {
        "$defs": {"A": {"title": "A", "type": "integer"}},
        "type": "array",
        "prefixItems": [{"$ref": "#/definitions/A", "description": "first"}],
        "items": False,
        "default": None,
    }
    assert converted(pair) == {
        "definitions": {"A": {"type": "integer"}},
        "type": "array",
        "items": [{"allOf": [{"$ref": "#/definitions/A"}], "description": "first"}],
        "additionalItems": False,
    }
    assert converted({"properties": {"title": {"title": "Title", "type": "string"}}}) == {
        "properties": {"title": {"type": "string"}}
    }
    assert converted({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}) == {
        "type": ["integer", "null"],
        "minimum": 1,
    }


def test_values_may_be_expressions() -> None:
    assert value({"type": "integer", "minimum": 1}) == {
        "type": ["integer", "string"],
        "minimum": 1,
        "pattern": r"\$",
        "errorMessage": "takes an integer of at least 1 or an expression such as `$width`",
    }
    assert value({"type": "string"}) == {"type": "string"}
    assert value({}) == {}
