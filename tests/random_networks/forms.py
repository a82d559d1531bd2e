"""The forms of the language that a spec has, to count what was drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from random_networks.built_in import BUILT_IN, TYPES
from random_networks.calls import JOINS, Data
from random_networks.draws import DRAWS
from random_networks.made import parted
from random_networks.written import Written

FORMS = frozenset(
    {
        *("params", "variants", "inputs", "blocks", "init", "outputs", "use", "summary"),
        *("a bare type", "a declaration", "a default", "choices", "min"),
        *("two inputs", "three inputs", "a symbol", "where", "files in files"),
        *("name", "from", "from several", "repeat", "when", "when an expression", "init beside"),
        *("for", "for rows", "for rows in rows", "for an expression", "seq", "seq of none"),
        *("branches", "an empty branch", "a branch with when", "references", "dim", "apply"),
        *("apply a block", "parameter", "a container", "a reference to a part", "$name", "$()"),
        *("an operation by name", "a block with inputs", "a block with outputs"),
        *("a block with params", "a block in itself", "an output in training"),
    }
)


def forms(found: Written) -> set[str]:
    """The forms, operations and blocks of a spec."""
    spec = found.spec
    return {
        *FORMS & spec.keys(),
        *(["use", *["files in files"] * (len(found.files) > 1)] if found.files else []),
        *(["two inputs", "three inputs"][: len(spec["inputs"]) - 1]),
        *_of_inputs(spec["inputs"]),
        *(form for declared in spec.get("params", {}).values() for form in _of_params(declared)),
        *_of_list(spec["graph"], spec.get("blocks", {})),
        *(form for name in spec.get("blocks", {}) for form in _of_block(spec["blocks"], name)),
        *_of_text(str(spec)),
        *(["an output in training"] if "'when': 'training'" in str(spec.get("outputs")) else []),
    }


def _of_inputs(inputs: Mapping[str, Data]) -> Iterator[str]:
    for shape in inputs.values():
        if isinstance(shape, dict):
            yield "where"
        sizes = shape["shape"] if isinstance(shape, dict) else shape
        if any(isinstance(size, str) for size in sizes[1:]):
            yield "a symbol"


def _of_params(declared: Data) -> Iterator[str]:
    if isinstance(declared, dict):
        yield "a declaration"
        yield from FORMS & declared.keys()
    else:
        yield "a bare type" if declared in TYPES else "a default"


def _of_block(blocks: Mapping[str, Data], name: str) -> Iterator[str]:
    block = blocks[name]
    for key in ("inputs", "outputs", "params"):
        if key in block:
            yield f"a block with {key}"
    for declared in block.get("params", {}).values():
        yield from _of_params(declared)
    if f"'{name}'" in str(block["graph"]):
        yield "a block in itself"
    yield from _of_list(block["graph"], blocks)


def _of_list(nodes: Sequence[Data], blocks: Mapping[str, Data]) -> Iterator[str]:
    named = {node["name"]: node for node in nodes if isinstance(node, dict) and "name" in node}
    for node in nodes:
        if isinstance(node, dict) and "for" in node:
            yield from _of_loop(node)
            yield from _of_list(node["do"], blocks)
            continue
        operation, arguments, keys = parted(node)
        yield from FORMS & keys.keys() - {"init"}
        yield from _of_keys(keys)
        if operation in DRAWS or operation in BUILT_IN or operation in JOINS:
            yield operation
        yield from _of_operation(operation, arguments, blocks)
        if operation == "apply" and {*blocks, *BUILT_IN} & named.get(arguments, {}).keys():
            yield "apply a block"


def _of_loop(node: Mapping[str, Data]) -> Iterator[str]:
    yield "for"
    if isinstance(node["for"], list):
        yield "for rows in rows" if any(isinstance(n, list) for n in node["for"]) else "for rows"
    if isinstance(node["in"], str):
        yield "for an expression"


def _of_keys(keys: Mapping[str, Data]) -> Iterator[str]:
    if "init" in keys:
        yield "init beside"
    if isinstance(keys.get("from"), list):
        yield "from several"
    if isinstance(keys.get("when"), str):
        yield "when an expression"
    if "." in keys.get("name", ""):
        yield "a container"


def _of_operation(operation: str, arguments: Data, blocks: Mapping[str, Data]) -> Iterator[str]:
    if operation.startswith("$"):
        yield "an operation by name"
    if operation in ("apply", "parameter", "chunk", "split"):
        yield operation
    if operation == "seq":
        yield "seq" if arguments else "seq of none"
        yield from _of_list(arguments, blocks)
    if operation in JOINS and isinstance(arguments, list):
        yield "references"
    elif operation in JOINS:
        yield "branches"
        for branch in arguments.values():
            if branch == []:
                yield "an empty branch"
            if isinstance(branch, dict) and "when" in branch:
                yield "a branch with when"
            yield from _of_list(branch if isinstance(branch, list) else [branch], blocks)


def _of_text(text: str) -> Iterator[str]:
    if "$(" in text:
        yield "$()"
    if "'$" in text.replace("'$(", ""):
        yield "$name"
    if ".0'" in text or ".1'" in text:
        yield "a reference to a part"
