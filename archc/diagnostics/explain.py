"""The long answer to a code: `archc explain`, and the page of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

from archc.diagnostics.catalogue import CATALOGUE, Code
from archc.diagnostics.suggest import suggest

_FOLDER = Path(__file__).parent / "explanations"
_FENCE = re.compile(r"^```(?P<marks>.+)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)

_FAMILIES = {
    "ARC0": "Reading the file",
    "ARC1": "Names and keys",
    "ARC2": "Values and expressions",
    "ARC3": "References and the graph",
    "ARC4": "Sizes",
    "ARC5": "Limits",
    "ARC9": "Warnings",
}

_HEAD = """\
# Diagnostics

All that `archc` says of a spec, by code. `archc explain CODE` shows one of them; a line in full
reads `error[ARC101] unknown-operation: …`. An example that is a list is the `graph` of a spec with
the input `x: [N, 16, 32, 32]`; `⟨… * 3⟩` stands for three times what is in it.

This page is written by archc: `pytest tests/test_diagnostics.py --update`.
"""


def code_of(name: str) -> Code | None:
    """The code that is called `ARC101`, `arc101`, `101` or `unknown-operation`."""
    by_name = {code.name: code for code in CATALOGUE.values()}
    by_code = CATALOGUE.get(name.upper()) or CATALOGUE.get(f"ARC{name}")
    return by_code or by_name.get(name.lower())


def no_such_code(name: str) -> str:
    """What to say of a `name` that no code has."""
    close = suggest(name.upper(), CATALOGUE) or suggest(
        name, [code.name for code in CATALOGUE.values()]
    )
    advice = f": did you mean `{close}`?" if close else "; `archc explain` lists them"
    return f"there is no code `{name}`{advice}"


def code_list() -> str:
    """All codes, a line each."""
    width = max(len(code.name) for code in CATALOGUE.values())
    lines = (f"{code.code}  {code.name:{width}}  {code.summary}" for code in CATALOGUE.values())
    return "".join(f"{line}\n" for line in lines)


def explanation(code: Code) -> str:
    """All about one code, for a terminal: its examples are indented."""

    return (
        f"{code.code} {code.name} ({code.severity})\n\n{fill(_summary(code), 100)}\n\n"
        f"{_FENCE.sub(_indented, _text(code))}"
    )


def page() -> str:
    """`docs/diagnostics.md`: all explanations, in the order of the codes."""
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    yield _HEAD
    family = ""
    for code in CATALOGUE.values():
        if code.code[:4] != family:
            family = code.code[:4]
            yield f"## {_FAMILIES[family]}\n"
        text = _FENCE.sub(_fenced, _text(code))
        yield f"### {code.code} {code.name}\n\n{_summary(code)}\n\n{text}"


def _summary(code: Code) -> str:
    how = f" Off unless asked for, with `--warn {code.name}`." if code.opt_in else ""
    return code.summary + how


def _indented(fence: re.Match[str]) -> str:
    """An example below its label, as people write code in mails."""
    lines = (f"    {line}".rstrip() for line in fence["text"].splitlines())
    return "\n".join([_label(fence), "", *lines])


def _fenced(fence: re.Match[str]) -> str:
    """An example below its label; indented where it is more than a plain spec."""
    is_plain = fence["marks"].startswith("yaml")
    return f"{_label(fence)}\n\n{fence[0]}" if is_plain else _indented(fence)


def _label(fence: re.Match[str]) -> str:
    if "library" in fence["marks"]:
        return f"`{fence['marks'].rpartition(' ')[2]}`:"
    return "Wrong:" if re.search(r"(error|warning)=", fence["marks"]) else "Right:"


def _text(code: Code) -> str:
    return (_FOLDER / f"{code.code}.md").read_text(encoding="utf-8")
