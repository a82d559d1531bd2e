"""What was likely meant by what is not written as the format has it: a table of ways out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from archc.diagnostics import suggest
from archc.document.format import TYPE_SYNONYMS, TYPES
from archc.document.hints.foreign import ROWS, is_row
from archc.document.hints.inputs import inputs_help
from archc.document.hints.operations import named_arguments
from archc.document.hints.values import COUNTS, value_hint
from archc.document.nodes import LISTS_OF_NODES, Mistake
from archc.ops import JOINS

Say = str | Callable[[Mistake, str], str | None]
"""What to say: a text in which the value, its key and the context are filled in; or a function of
the mistake and of what is written.
"""

_KINDS: Mapping[str, Say] = {
    "arguments": lambda of, _: named_arguments(str(of.path[-1]), of.value),
    "two_operations": "for a node of its own, write `- {second}` on the next line",
    "join": "write `{operation}: [one, other]`, or `{operation}: {{body: [...], shortcut: []}}`",
    "made_join": "name the nodes in the loop, `name: b$k`, and list the names after it: "
    "`{operation}: [b0, b1, b2]`",
    "count": lambda _, written: value_hint("an integer", written, COUNTS),
    "condition": lambda _, written: value_hint("true or false", written, COUNTS),
    "type_name": lambda of, _: (
        f"{type_help(of.value)} A text as a default is written `{{default: {of.value}}}`"
    ),
    "node": lambda of, _: _no_node(of.value),
    "keyword": "choose another name, such as `{name}_`",
    "string_pattern_mismatch": lambda of, _: _name(of.context.get("pattern", "")),
    "string_too_long": lambda of, _: _name(of.context.get("pattern", "")),
}
"""What to say to mistakes of a kind."""


_LIST = "write `archc: 1`, `name` and `inputs` first, and this list below `graph:`"
_FOR = "write `for: x` and `in: [1, 2]`, or `for: [x, y]`, whose values are lists of two"


class FormRow(NamedTuple):
    """What to say where, under one of some `keys`, a value of a type stands; without keys, under
    any. The key of a whole file is empty.
    """

    keys: Sequence[str]
    type: type
    say: Say


_ROWS = (
    FormRow(("",), str, "a spec is more than a name: `archc new NAME` writes one to start from"),
    FormRow(("",), list, _LIST),
    FormRow(("for",), object, _FOR),
    FormRow(("in",), int, "to count, write `in: $(range({value}))`"),
    FormRow(("in",), object, lambda _, written: value_hint("a list", written, COUNTS)),
    FormRow(LISTS_OF_NODES, dict, "write `- ` before each node: `- relu`, `- conv2d: {{…}}`"),
    FormRow(("params",), list, lambda of, _: _parameters(of.value)),
    FormRow(("outputs",), list, "write a name and what it is: `outputs: {{logits: head}}`"),
    FormRow(("outputs",), str, "write `outputs: {{output: {value}}}`"),
    FormRow(("type",), str, lambda of, _: type_help(of.value)),
    FormRow(("from", *JOINS), int, "give the node a `name`, and write that name here"),
    FormRow((), str, lambda of, _: _listed(of)),
)  # fmt: skip
"""The first row answers that has something to say; where none has, the table of values."""


def way_out(mistake: Mistake, needed: str, written: str) -> str | None:
    """What to write instead of what is `written`, where something else is `needed`."""
    if mistake.kind in _KINDS:
        return _filled(_KINDS[mistake.kind], mistake, written) or value_hint(needed, written)
    if mistake.path[:1] == ("inputs",):
        return inputs_help(mistake.path[1:], mistake.value)
    key, value = _key(mistake), mistake.value
    for row in _ROWS:
        is_type = isinstance(value, row.type) and not (row.type is int and type(value) is bool)
        if is_type and (not row.keys or key in row.keys):
            said = _filled(row.say, mistake, written)
            if said:
                return said
    return value_hint(needed, written)


def _filled(say: Say, mistake: Mistake, written: str) -> str | None:
    if callable(say):
        return say(mistake, written)
    return say.format(value=mistake.value, key=_key(mistake), **mistake.context)


def _key(mistake: Mistake) -> str:
    return next((step for step in reversed(mistake.path) if isinstance(step, str)), "")


def _no_node(value: Any) -> str | None:
    """What to write for a list in the place of a node."""
    if is_row(value):
        return ROWS
    is_call = isinstance(value, list) and value and isinstance(value[0], str)
    return f"a call is `{value[0]}: {{…}}`, a list of nodes `seq: [...]`" if is_call else None


def _parameters(names: list[Any]) -> str:
    texts = [name for name in names if isinstance(name, str)] or ["width"]
    listed = ", ".join(f"{name}: int" for name in texts)
    return f"write each name and its type or its default: `params: {{{listed}}}`"


def _name(pattern: str) -> str:
    if pattern.startswith("^[a-z]"):
        return "use small letters, digits and `_`, such as `my_network`"
    if pattern.startswith("^[A-Z]"):
        return "a block's own name starts with a capital, such as `MyBlock`"
    return "use letters, digits and `_`, at most 64 of them, and start with a letter"


def _listed(mistake: Mistake) -> str | None:
    is_list = mistake.kind == "tuple_type" and "$" not in mistake.value
    return f"write `{_key(mistake)}: [{mistake.value}]`" if is_list else None


def type_help(text: str) -> str | None:
    """The type of parameters that is called, or misspelt, `text`."""
    meant = TYPE_SYNONYMS.get(text.casefold()) or suggest(text, TYPES)
    return f"did you mean `{meant}`?" if meant else None


def variables_help(names: Sequence[Any], value: object) -> str | None:
    """How to write the variables `names` of a loop for elements that nest as `value` does."""
    variables = iter(_leaves(names))

    def nested(part: object) -> str:
        if not isinstance(part, list):
            return str(next(variables))
        return f"[{', '.join(map(nested, part))}]"

    if not isinstance(value, list) or len(_leaves(value)) != len(_leaves(names)):
        return None
    return f"write `for: {nested(value)}`"


def _leaves(value: object) -> list[Any]:
    """The elements of a list that are no lists, however deep."""
    if not isinstance(value, list):
        return [value]
    return [leaf for part in value for leaf in _leaves(part)]
