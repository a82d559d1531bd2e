"""The catalogue with its explanations, the two renderings for people, and the suggestions."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archc.cli import main
from archc.compiler import Spec, check
from archc.diagnostics import (
    CATALOGUE,
    Code,
    Diagnostic,
    File,
    Label,
    Place,
    Span,
    SpecError,
    catalogue,
    suggest,
)
from archc.diagnostics.explain import explanation, page
from archc.diagnostics.render import render_concise, render_full
from archc.diagnostics.suggest import MOST_COMPARED, _near, clear_suggestions
from archc.lint import OPT_IN
from archc.memory import DEFAULT_MEMORY, memory_bytes
from archc.validate import Outcome, Request
from test_docs import complete

SPEC = """\
archc: 1
name: x
inputs:
  image: [N, 3, 32, 32]
graph:
  - conv2d: {out_channels: 4, kernel_size: 3}
  - conv2: {out_channels: 8}
  - relu
  - add: [one, two]
  - flatten
"""


def at(line: int, column: int, length: int, text: str = SPEC, name: str = "specs/x.yaml") -> Place:
    return Place(File(name, text), Span(line, column, line, column + length))


def full(place: Place, *related: Label, advice: str | None = None, message: str = "wrong") -> str:
    return (
        render_full(Diagnostic(catalogue.UNKNOWN_OPERATION, message, place, related, advice)) + "\n"
    )


def test_the_catalogue_holds_every_code() -> None:
    declared = {name: value for name, value in vars(catalogue).items() if isinstance(value, Code)}
    assert list(CATALOGUE.values()) == list(declared.values())
    assert list(CATALOGUE) == sorted(CATALOGUE)
    assert len({code.name for code in CATALOGUE.values()}) == len(CATALOGUE)
    for name, code in declared.items():
        assert name == code.name.upper().replace("-", "_")
        assert re.fullmatch(r"ARC\d{3}", code.code)
        assert code.summary.endswith(".")
        assert (code.severity == "warning") == code.code.startswith("ARC9")


# The explanations

EXPLANATIONS = Path(catalogue.__file__).parent / "explanations"
FENCE = re.compile(r"^```(\w+)(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
REPEATED = re.compile(r"⟨(.*?) \* ([\d,]+)⟩", re.DOTALL)


def expanded(text: str) -> str:
    """`⟨… * 3⟩` written out; in it `#` is the number of the time, `#+` the next."""

    def times(match: re.Match[str]) -> str:
        count = int(match[2].replace(",", ""))
        if "#" not in match[1]:
            return match[1] * count
        parts = (match[1].replace("#+", str(i + 1)).replace("#", str(i)) for i in range(count))
        return "".join(parts)

    return REPEATED.sub(times, text)


def verdict(marks: dict[str, str], text: str, folder: Path) -> Outcome:
    """What archc says of an example; `marks` are the words that its fence opens with."""
    spec = folder / "spec.yaml"
    if "absent" not in marks:
        encoding = "latin-1" if "latin-1" in marks else "utf-8"
        whole = expanded(text) if "whole" in marks else complete(expanded(text))
        spec.write_bytes(whole.encode(encoding))
    name, _, sizes = marks.get("input", "").partition("=")
    request = Request(
        str(spec),
        {},
        {name: [int(size) for size in sizes.split("x")]} if name else {},
        marks.get("variant"),
        memory_bytes(marks.get("memory", "")) or DEFAULT_MEMORY,
        opt_in=frozenset(OPT_IN),
    )
    return request.outcome()


@pytest.mark.parametrize("code", CATALOGUE)
def test_examples(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong one gives its code and no other, a right one nothing at all."""
    monkeypatch.setattr("archc.source.builder.MAX_VALUES", 5_000)  # a million take seconds
    if code in ("ARC511", "ARC512"):  # the examples have few files
        monkeypatch.setattr(
            f"archc.document.loader.{'MAX_FILES' if code == 'ARC511' else 'MAX_USES'}", 3
        )
    wrong = right = 0
    for fence in FENCE.finditer((EXPLANATIONS / f"{code}.md").read_text(encoding="utf-8")):
        marks = {word: value for word, _, value in (m.partition("=") for m in fence[2].split())}
        if "library" in marks:
            (tmp_path / fence[2].split()[-1]).write_text(fence[3])
            continue
        found = {each.code.code for each in verdict(marks, fence[3], tmp_path).diagnostics}
        expected = marks.get("error") or marks.get("warning")
        assert found == ({expected} if expected else set())
        assert expected in (None, code)
        wrong, right = wrong + (expected is not None), right + (expected is None)
    assert (wrong, right) == (1, 1)


@pytest.mark.parametrize("code", CATALOGUE.values(), ids=lambda code: code.code)
def test_explain(code: Code) -> None:
    result = CliRunner().invoke(main, ["explain", code.code])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{code.code} {code.name} ({code.severity})\n\n")
    assert result.stdout.count("Wrong:") == result.stdout.count("Right:") == 1
    assert "```" not in result.stdout
    assert max(map(len, result.stdout.split("\n"))) <= 100
    for other in (code.code.lower(), code.code[3:], code.name, code.name.upper()):
        assert CliRunner().invoke(main, ["explain", other]).stdout == explanation(code)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("unknown-operatoin", "did you mean `unknown-operation`?"),
        ("E999", "`archc explain` lists them"),
        ("", "`archc explain` lists them"),
    ],
)
def test_no_such_code(name: str, advice: str) -> None:
    result = CliRunner().invoke(main, ["explain", name])
    assert (result.exit_code, result.stdout) == (2, "")
    assert advice in result.stderr


def test_all_codes() -> None:
    lines = CliRunner().invoke(main, ["explain"]).stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(CATALOGUE)


def test_the_page_is_current(golden: Callable[[Path, str], None]) -> None:
    golden(Path(__file__).parent.parent / "docs/diagnostics.md", page())


def test_every_explanation_has_its_code() -> None:
    assert {path.stem for path in EXPLANATIONS.iterdir()} == set(CATALOGUE)


# The renderings


def test_full_with_help() -> None:
    message = "there is no operation or block `conv2`"
    assert full(at(7, 5, 5), advice="did you mean `conv2d`?", message=message) == dedent("""\
        error[ARC101] unknown-operation: there is no operation or block `conv2`
          --> specs/x.yaml:7:5
           |
         7 |   - conv2: {out_channels: 8}
           |     ^^^^^
           |
           = help: did you mean `conv2d`?
        """)


def test_labels_near_and_far() -> None:
    near = Label(at(7, 5, 5), "64x32x32")
    same_line = Label(at(9, 11, 3), "this one")
    far = Label(at(2, 7, 1), "declared here")
    other = Label(at(12, 3, 4, "\n" * 11 + "  here\n", "blocks/b.yaml"), "called from here")
    assert full(at(9, 5, 3), near, same_line, far, other) == dedent("""\
        error[ARC101] unknown-operation: wrong
          --> specs/x.yaml:9:5
            |
          7 |   - conv2: {out_channels: 8}
            |     ----- 64x32x32
          8 |   - relu
          9 |   - add: [one, two]
            |     ^^^
            |           --- this one
          --> specs/x.yaml:2:7
            |
          2 | name: x
            |       - declared here
          --> blocks/b.yaml:12:3
            |
         12 |   here
            |   ---- called from here
        """).replace("\n  -->", "\n   -->")


def test_several_lines_of_help() -> None:
    assert full(at(8, 5, 4), advice="first\nsecond").endswith(
        "   = help: first\n           second\n"
    )


def test_a_span_of_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    place = Place(File("x", SPEC), Span(6, 5, 7, 9))
    assert f"   |     {'^' * 41}\n" in full(place)


@pytest.mark.parametrize(
    ("text", "column", "length", "shown", "caret"),
    [
        ("日本: 値x", 5, 1, "日本: 値x", "      ^^"),
        ("日本: 値x", 6, 1, "日本: 値x", "        ^"),
        ("\ta\tb", 4, 1, " a b", "   ^"),
        ("e\u0301x", 3, 1, "e\u0301x", " ^"),
        ("a\x1b[31mb", 2, 1, "a␛[31mb", " ^"),
        ("a\u202eb", 3, 1, "a<U+202E>b", "         ^"),
        ("a\x7f\x85", 2, 2, "a␡<U+0085>", " ^^^^^^^^^"),
        ("a\u00a0b", 2, 1, "a<U+00A0>b", " ^^^^^^^^"),
        ("abc", 4, 0, "abc", "   ^"),
        ("abc", 9, 4, "abc", "   ^"),
        ("", 1, 1, "", "^"),
    ],
)
def test_alignment(text: str, column: int, length: int, shown: str, caret: str) -> None:
    lines = full(at(1, column, length, text, "x")).split("\n")
    assert lines[3] == f" 1 | {shown}".rstrip()
    assert lines[4] == f"   | {caret}"


@pytest.mark.parametrize("column", [1, 40, 97, 500, 999, 1000])
@pytest.mark.parametrize("letter", ["x", "値"])
def test_long_lines_are_cut_around_the_caret(column: int, letter: str) -> None:
    text = letter * (column - 1) + "#" + letter * (1000 - column)
    lines = full(at(1, column, 1, text)).split("\n")
    cells = [2 if character == "値" else 1 for character in lines[3]]
    assert sum(cells) <= 100
    assert lines[4].index("^") == sum(cells[: lines[3].index("#")])


def test_a_line_of_a_million_characters() -> None:
    text = full(
        at(1, 500_000, 400_000, "y" * 1_000_000), Label(at(1, 5, 5, "y" * 1_000_000), "there")
    )
    assert max(map(len, text.split("\n"))) <= 100
    assert "----- there" in text


def test_line_ends_do_not_matter() -> None:
    for end in ("\r\n", "\r"):
        assert full(at(7, 5, 5, SPEC.replace("\n", end))) == full(at(7, 5, 5))


def test_nothing_reaches_the_terminal_unseen() -> None:
    place = at(1, 1, 1, "x", "a\x1b[2J.yaml")
    diagnostic = Diagnostic(
        catalogue.UNKNOWN_KEY, "key `\x1b[2J\n\ud800`", place, (Label(place, "\x07"),), "\x1b"
    )
    for text in (render_full(diagnostic), render_concise(diagnostic)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\ud800]", text)
    assert "\n" not in render_concise(diagnostic)


def test_concise() -> None:
    diagnostic = Diagnostic(catalogue.UNUSED_PARAMETER, "nobody uses `a`", at(7, 5, 5))
    assert render_concise(diagnostic) == "specs/x.yaml:7:5: warning[ARC901] nobody uses `a`"


def test_colour_only_adds_codes() -> None:
    for code in (catalogue.UNKNOWN_KEY, catalogue.UNUSED_BLOCK):
        diagnostic = Diagnostic(code, "message", at(7, 5, 5), (Label(at(8, 5, 4), "and"),), "help")
        coloured = render_full(diagnostic, colour=True)
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render_full(diagnostic)


def test_spec_error_is_its_rendering() -> None:
    diagnostics = (
        Diagnostic(catalogue.UNKNOWN_KEY, "one", at(1, 1, 1)),
        Diagnostic(catalogue.UNKNOWN_KEY, "two", at(2, 1, 1)),
    )
    assert str(SpecError(diagnostics)) == "\n".join(map(render_full, diagnostics))


@given(st.text(), st.integers(1, 9), st.integers(1, 99), st.integers(0, 9), st.integers(0, 99))
def test_any_place_renders(text: str, line: int, column: int, lines: int, length: int) -> None:
    place = Place(File("x", text), Span(line, column, line + lines, column + length))
    full(place, Label(place, "again"))


NAMES = [
    "conv1d", "conv2d", "conv3d", "relu", "relu6", "leaky_relu",
    "max_pool1d", "max_pool2d", "max_pool3d", "batch_norm1d", "batch_norm2d", "linear",
    "dropout", "out_channels", "kernel_size", "stride", "padding", "from",
    "name", "seq", "use_1x1conv",
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv2", "conv2d"),
        ("relu_", "relu"),
        ("Conv2d", "conv2d"),
        ("out_chanels", "out_channels"),
        ("maxpool2d", "max_pool2d"),
        ("MaxPool2d", "max_pool2d"),
        ("BatchNorm2d", "batch_norm2d"),
        ("LeakyReLU", "leaky_relu"),
        ("kernel", None),
        ("stirde", "stride"),
        ("nmae", "name"),
        ("form", "from"),
        ("linaer", "linear"),
        ("use-1x1-conv", "use_1x1conv"),
        ("conv", None),
        ("convd2", "conv2d"),
        ("con2vd", "conv2d"),
        ("convd", None),
        ("kernal_sise", "kernel_size"),
        ("batchnom2d", "batch_norm2d"),
        ("conv4d", None),
        ("unpadding", None),
        ("no_stride", None),
        ("min_pool2d", None),
        ("max_blur_pool2d", None),
        ("conv2d_bn", None),
        ("in_channels", None),
        ("glu", None),
        ("rrelu", None),
        ("transformer", None),
        ("lstm", None),
        ("x", None),
        ("", None),
        ("conv2d" * 20, None),
        ("日本", None),
    ],
)
def test_suggestions(name: str, expected: str | None) -> None:
    for seed in range(5):
        candidates = random.Random(seed).sample(NAMES, len(NAMES))
        assert suggest(name, candidates) == expected
    assert suggest(name, []) is None


@pytest.mark.slow
def test_a_mistake_in_a_loop_is_compared_with_all_names_once() -> None:
    """A hundred thousand comparisons would take many seconds."""
    _near.cache_clear()
    loop = "[{for: i, in: $(range(200)), do: [{for: j, in: $(range(200)), do: [renu]}]}]"
    text = f"archc: 1\nname: x\ninputs: {{x: [N, 2]}}\ngraph: {loop}\n"
    with pytest.raises(SpecError, match="did you mean `relu`"):
        check(Spec.from_text(text))
    assert _near.cache_info().misses < 5


def test_what_is_only_for_errors_is_imported_late() -> None:
    script = (
        "import sys, archc.source\n"
        "archc.source.read('a: {b: [1, x]}', 'x')\n"
        "late = {'archc.diagnostics.render', 'difflib', 'unicodedata', 'numpy', 'torch'}\n"
        "print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_suggestions_of_one_check_are_bounded_and_those_of_the_next_are_not() -> None:
    names = [f"node{k}" for k in range(1_000)]
    clear_suggestions()
    found = [suggest(f"noode{k}", names) is not None for k in range(1_200)]
    assert found[: MOST_COMPARED // 1_000].count(True) == 1_000
    assert not any(found[MOST_COMPARED // 1_000 :])
    clear_suggestions()
    assert suggest("noode1199", [*names, "node1199"]) == "node1199"


LONG = "a" * 3_000


@pytest.mark.parametrize(
    "nodes",
    [
        f"[{LONG}]",
        f"[nn.{LONG}(3]",
        f"[{{? {LONG} : 3}}]",
        f"[{{? A{LONG} : 3}}]",
        f"[{{relu: {{? {LONG} : 3}}}}]",
        f"[{{relu: , ? {LONG} : 3}}]",
        f"[{{relu: , ? $a{LONG} : 3}}]",
        f"[{{relu: , from: {LONG}}}]",
        f"[{{relu: , from: {LONG[:512]}}}]",
        f"[{{relu: , when: {LONG}}}]",
        f"[{{relu: , name: {LONG}}}]",
        f"[{{apply: {LONG[:512]}}}]",
        f"[{{dropout: {{p: '{{{{ {LONG} }}}}'}}}}]",
        f"[{{dropout: {{? p:{LONG} : 3}}}}]",
        f"[{{conv2d: {{out_channels: '{'9' * 3_000}', kernel_size: 3}}}}]",
    ],
    ids=lambda nodes: nodes[:20],
)
def test_what_is_long_is_not_echoed_whole(nodes: str) -> None:
    text = f"archc: 1\nname: x\ninputs: {{image: [N, 3, 32, 32]}}\ngraph: {nodes}\n"
    with pytest.raises(SpecError) as raised:
        check(Spec.from_bytes(text.encode(), "x.yaml"))
    (found,) = raised.value.diagnostics
    assert "..." in found.message + (found.help or "") or "…" in found.message
    assert len(found.message) < 400
    assert len(found.help or "") < 400


def test_what_is_not_long_is_quoted_whole() -> None:
    """Whatever stands between two quotes is no quote, however long it is."""
    note = "x" * 140
    message = f"`a` {note} {note} `{note}`"
    assert Diagnostic(catalogue.UNKNOWN_KEY, message, at(1, 1, 1)).message == message
    longer = Diagnostic(catalogue.UNKNOWN_KEY, f"`a` {note} `{note}{note}`", at(1, 1, 1), help=note)
    assert longer.message == f"`a` {note} `{note[:37]}...`"
    assert longer.help == note
