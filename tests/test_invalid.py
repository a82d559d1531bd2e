"""What archc says of specs that are wrong: the codes, their places, the words.

A file of `tests/invalid/` says what is expected of it on the guilty lines, `# error: ARC101`, and
with what it is checked in its first line, `# with: {params: {width: 8}, warn: true}`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.diagnostics import CATALOGUE, Diagnostic
from archc.diagnostics.render import render_full
from archc.lint import OPT_IN
from archc.memory import DEFAULT_MEMORY
from archc.source import MAX_DEPTH, MAX_SCALAR, read
from archc.validate import Request

Golden = Callable[[Path, str], None]

FOLDER = Path(__file__).parent / "invalid"
PACKAGE = Path(archc.__file__).parent
CASES = sorted(FOLDER.glob("*.yaml"))
EXPECTATION = re.compile(r"# (?:error|warning): (ARC\d{3}(?:, ARC\d{3})*)$", re.MULTILINE)

HEAD = "archc: 1\nname: x\ninputs: {image: [N, 3, 32, 32]}\n"
FEW = 5_000
"""`MAX_VALUES` for these cases: a million take seconds."""

GENERATED: dict[str, tuple[bytes, str, int, int]] = {
    "nothing": (b"", "ARC017", 1, 1),
    "nul": (b"archc: 1\nname: x\0\n", "ARC003", 2, 8),
    "not UTF-8": (b"archc: 1\nname: caf\xe9\n", "ARC002", 2, 10),
    "deep": (b"[" * (MAX_DEPTH + 1), "ARC501", 1, MAX_DEPTH + 1),
    "long value": (b"archc: 1\nsummary: " + b"x" * (MAX_SCALAR + 1), "ARC502", 2, 10),
    "long number": (b"archc: " + b"9" * 9_000, "ARC503", 1, 8),
    "many values": (b"[" + b"1," * FEW + b"1]", "ARC504", 1, 2 * FEW + 2),
    "use without a folder": (f"{HEAD}use: [a.yaml]\ngraph: [relu]\n".encode(), "ARC113", 4, 7),
}
"""What cannot say in a comment what is wrong with it: bytes, the code, the line, the column."""

LIBRARY = "archc: 1\nuse: [{}]\n"
USED: dict[str, tuple[Callable[[int], str], str, str]] = {
    "many files": (
        lambda number: "" if number else ", ".join(f"{i}.yaml" for i in range(1, 1_100)),
        "ARC511",
        "0.yaml:2:9879",
    ),
    "a chain": (lambda number: f"{number + 1}.yaml", "ARC512", "62.yaml:2:7"),
    "much text": (
        lambda number: f"{number + 1}.yaml] #{'x' * 4_000_000}\n#[",
        "ARC511",
        "3.yaml:2:7",
    ),
}
"""What the files 0.yaml, 1.yaml, … use, the code, the place: limits of what a spec is made of."""


def diagnostics(
    load: Callable[[], archc.Spec],
    params: dict[str, Any] | None = None,
    inputs: dict[str, Any] | None = None,
    variant: str | None = None,
    max_memory: int = DEFAULT_MEMORY,
    warn: bool = False,
) -> tuple[Diagnostic, ...]:
    """All that archc says, errors or warnings; with `warn` those too that are off unless asked."""
    opt_in = frozenset(code for code in OPT_IN if warn)
    request = Request("x.yaml", params or {}, inputs or {}, variant, max_memory, opt_in=opt_in)
    return request.outcome(load).diagnostics


def settings(text: str) -> dict[str, Any]:
    """The arguments of `diagnostics` that the first line of a case asks for."""
    match = re.match("# with: (.*)", text)
    data = read(match[1], "with").data if match else {}
    assert isinstance(data, dict)
    return data


def expected(path: Path) -> Counter[tuple[str, int, str]]:
    """The file's name, the line and the code of each expectation, in `path` and what it uses."""
    text = path.read_text(encoding="utf-8")
    found = Counter(
        (path.name, text.count("\n", 0, match.start()) + 1, code)
        for match in EXPECTATION.finditer(text)
        for code in match[1].split(", ")
    )
    for used in re.findall(r"\buse/\w+\.yaml", text):
        if (FOLDER / used).exists():
            found += expected(FOLDER / used)
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, golden: Golden) -> None:
    choices = settings(path.read_text(encoding="utf-8"))
    found = diagnostics(lambda: archc.Spec.from_file(path), **choices)
    places = [(Path(d.place.file.name).name, d.place.span.line, d.code.code) for d in found]
    assert Counter(places) == expected(path)
    spans = [(d.place.file.name, d.place.span) for d in found]
    assert spans == sorted(set(spans)), "in file order, one for a place"
    text = "".join(f"{render_full(diagnostic)}\n\n" for diagnostic in found)
    for folder in (FOLDER, PACKAGE.parent):
        text = text.replace(f"{folder}/", "")
    golden(path.with_suffix(".txt"), text)


@pytest.mark.parametrize("name", GENERATED)
def test_generated(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.source.builder.MAX_VALUES", FEW)
    data, code, line, column = GENERATED[name]
    found = diagnostics(lambda: archc.Spec.from_bytes(data, "x.yaml"))
    assert [(d.code.code, d.place.span.line, d.place.span.column) for d in found] == [
        (code, line, column)
    ]


@pytest.mark.parametrize("name", USED)
def test_used(name: str, tmp_path: Path) -> None:
    uses, code, place = USED[name]
    (tmp_path / "spec.yaml").write_text(f"{HEAD}use: [0.yaml]\ngraph: [relu]\n")
    for number in range(6 if name == "much text" else 1_100):
        (tmp_path / f"{number}.yaml").write_text(LIBRARY.format(uses(number)))
    (found,) = diagnostics(lambda: archc.Spec.from_file(tmp_path / "spec.yaml"))
    span = found.place.span
    address = f"{Path(found.place.file.name).name}:{span.line}:{span.column}"
    assert (found.code.code, address) == (code, place)
    assert "`MAX_" in found.message


def test_every_code_has_a_case() -> None:
    shown = {code for path in CASES for _, _, code in expected(path)}
    shown |= {code for _, code, _, _ in GENERATED.values()} | {code for _, code, _ in USED.values()}
    assert shown == set(CATALOGUE)


def test_a_case_is_named_after_what_it_shows() -> None:
    names = {code.name for code in CATALOGUE.values()}
    for path in CASES:
        codes = {CATALOGUE[code].name for _, _, code in expected(path)}
        is_of_a_code = any(path.stem == name or path.stem.startswith(f"{name}-") for name in codes)
        assert is_of_a_code or not any(path.stem.startswith(name) for name in names), path.name


def test_every_golden_has_its_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} <= {path.stem for path in CASES}


def test_nothing_of_pydantic_reaches_the_user() -> None:
    for path in FOLDER.glob("*.txt"):
        golden = path.read_text(encoding="utf-8")
        assert not re.search("[Ii]nput should|Field required|valid dictionary|instance of", golden)
