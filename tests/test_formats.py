"""`archc validate --format`: what programs read of diagnostics, and what people do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

import archc
from archc.cli import main
from archc.diagnostics import Code, Diagnostic, File, Fix, Label, Place, Span, SpecError, catalogue
from archc.diagnostics.machine import render_github, render_json, render_sarif

FOLDER = Path(__file__).parent
CASES = sorted((FOLDER / "invalid").glob("*.yaml"))

SARIF = json.loads((FOLDER / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
"""The published schema, as the package `@microsoft/jest-sarif` 1.0.0-beta.0 (MIT) ships it."""

WRONG = """\
archc: 1
name: x
params: {unused: 1}
inputs: {image: [N, 3, 32, 32]}
graph:
  - {name: stem, conv2d: {out_channels: 8, kernel_size: 3}}
  - add: [stem, image]
  - {from: image, conv2: {out_channels: 8, kernel_size: 3}}
"""
WARNED = WRONG.replace(", image]", ", stem]").replace("  - {from: image, conv2:", "  - {conv2d:")
RIGHT = WARNED.replace("params: {unused: 1}\n", "")
LINE = "x: 808 parameters, 645,984 MACs, image [N, 3, 32, 32] -> [N, 8, 28, 28]"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `archc validate` beside `wrong.yaml`, `warned.yaml` and `right.yaml`."""
    for name, text in (("wrong", WRONG), ("warned", WARNED), ("right", RIGHT)):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, ["validate", *arguments], input=stdin)

    return invoke


def test_full_counts_at_the_end(call: Any) -> None:
    both = call("wrong.yaml", "warned.yaml", "right.yaml")
    assert both.exit_code == 1
    assert both.stdout.startswith(LINE)
    assert both.stdout.count("\n") == 2
    assert both.stderr.count("error[") == 2
    assert both.stderr.endswith("\n\n2 errors, 1 warning\n")
    assert call("warned.yaml").stderr.endswith("\n\n1 warning\n")
    assert call("right.yaml").stderr == ""
    assert call("wrong.yaml", "--format", "full").stderr.endswith("\n\n2 errors\n")


def test_concise(call: Any) -> None:
    result = call("wrong.yaml", "warned.yaml", "--format", "concise")
    assert result.exit_code == 1
    assert result.stdout.startswith(LINE)
    assert result.stderr.splitlines() == [
        "wrong.yaml:7:5: error[ARC402] `add` joins sizes 8 and 3 in dimension 1",
        "wrong.yaml:8:19: error[ARC101] there is no operation or block `conv2`",
        "warned.yaml:3:10: warning[ARC901] nobody uses the parameter `unused`",
    ]


def test_json(call: Any) -> None:
    result = call("wrong.yaml", "--format", "json")
    assert (result.exit_code, result.stderr) == (1, "")
    mismatch, unknown = json.loads(result.stdout)["diagnostics"]
    assert list(mismatch) == [
        "code", "name", "severity", "message", "file", "line", "column", "end_line",
        "end_column", "help", "related", "fix",
    ]  # fmt: skip
    place = {"file": "wrong.yaml", "line": 8, "column": 19, "end_line": 8, "end_column": 24}
    assert unknown == {
        "code": "ARC101",
        "name": "unknown-operation",
        "severity": "error",
        "message": "there is no operation or block `conv2`",
        **place,
        "help": "did you mean `conv2d`?",
        "related": [],
        "fix": {"text": "conv2d", "applicability": "safe", **place},
    }
    assert mismatch["fix"] is None
    assert [(label["line"], label["column"]) for label in mismatch["related"]] == [(6, 5), (4, 10)]


def test_json_is_one_document(call: Any) -> None:
    result = call("wrong.yaml", "missing.yaml", "right.yaml", "warned.yaml", "--format", "json")
    assert result.exit_code == 2
    found = json.loads(result.stdout)["diagnostics"]
    assert [(each["file"], each["code"]) for each in found] == [
        ("wrong.yaml", "ARC402"),
        ("wrong.yaml", "ARC101"),
        ("missing.yaml", "ARC017"),
        ("warned.yaml", "ARC901"),
    ]
    right = json.loads(call("right.yaml", "--format", "json").stdout)
    assert list(right) == ["diagnostics", "specs"]
    assert right["diagnostics"] == []
    assert call("-", "--format", "json", stdin="a: [").stdout.count('"<stdin>"') == 2


def test_github(call: Any) -> None:
    result = call("wrong.yaml", "warned.yaml", "--format", "github")
    assert (result.exit_code, result.stderr) == (1, "")
    unknown = (
        "::error file=wrong.yaml,line=8,col=19,endLine=8,endColumn=24,"
        "title=ARC101 unknown-operation::there is no operation or block `conv2`"
        "%0Ahelp: did you mean `conv2d`?"
    )
    unused = (
        "::warning file=warned.yaml,line=3,col=10,endLine=3,endColumn=16,"
        "title=ARC901 unused-parameter::nobody uses the parameter `unused`%0Ahelp: remove it"
    )
    assert result.stdout.splitlines()[1:] == [unknown, unused]
    assert call("right.yaml", "--format", "github").stdout == ""


def test_sarif(call: Any) -> None:
    result = call("wrong.yaml", "warned.yaml", "missing.yaml", "--format", "sarif")
    assert (result.exit_code, result.stderr) == (2, "")
    log = json.loads(result.stdout)
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        "ARC017", "ARC101", "ARC402", "ARC901",
    ]  # fmt: skip
    for found in run["results"]:
        assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == found["ruleId"]
    (change,) = run["results"][1]["fixes"][0]["artifactChanges"]
    region = {"startLine": 8, "startColumn": 19, "endLine": 8, "endColumn": 24}
    assert change["replacements"] == [
        {"deletedRegion": region, "insertedContent": {"text": "conv2d"}}
    ]
    assert len(run["results"][0]["relatedLocations"]) == 2


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_in_every_format(path: Path) -> None:
    try:
        found = archc.check(path).warnings
    except archc.SpecError as error:
        found = error.diagnostics
    jsonschema.validate(json.loads(render_sarif(found)), SARIF)
    assert len(json.loads(render_json(found))["diagnostics"]) == len(found)
    assert len(render_github(found).splitlines()) == len(found)


def test_strange_texts() -> None:
    """Whatever stands in a message or a file's name, the form of the output holds."""
    file = File("a:b,c%\n\udcff d/ü.yaml", "x")
    place = Place(file, Span(1, 1, 1, 2))
    text = '%\r\n"::error::\ud800'
    code = Code("ARC999", "strange", "Strange.")
    found = [Diagnostic(code, text, place, (Label(place, text),), text, Fix(place, text))]
    jsonschema.validate(json.loads(render_sarif(found)), SARIF)
    assert json.loads(render_json(found))["diagnostics"][0]["message"] == text
    (line,) = render_github(found).splitlines()
    assert line.startswith("::error file=a%3Ab%2Cc%25%0A")
    line.encode()


def test_only_rendering_a_format_imports_it() -> None:
    import subprocess
    import sys

    script = (
        "import sys, archc.cli\n"
        "late = {'json', 'archc.diagnostics.machine', 'archc.diagnostics.explain', "
        "'archc.diagnostics.render', 'archc.lint.rules', 'urllib.parse'}\n"
        "print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "archc" not in done.stdout


# --warn, --strict, ignore


STYLE = """\
archc: 1
name: x
inputs: {image: [N, 3, 32, 32]}
graph:
  - conv2d: {out_channels: 8, kernel_size: 3, stride: 2}
  - batch_norm2d
  - max_pool2d: {kernel_size: 2}
  - dropout
  - batch_norm2d
"""


def test_warnings_of_style_are_asked_for(call: Any) -> None:
    def places(*arguments: str, text: str = STYLE) -> list[str]:
        result = call("-", "--format", "concise", *arguments, stdin=text)
        assert result.exit_code == 0
        return [line.split("]")[0].removeprefix("<stdin>:") for line in result.stderr.splitlines()]

    bias, dropout = "5:5: warning[ARC905", "8:5: warning[ARC906"
    rows = ["5:5: warning[ARC907", "7:5: warning[ARC907"]
    assert places() == []
    assert places("--warn", "bias-before-batch-norm") == [bias]
    assert places("--warn", "dropout-before-batch-norm") == [dropout]
    assert places("--warn", "dropped-rows") == rows
    assert places("--warn", "all") == [bias, *rows, dropout]
    assert places("--warn", "all", text=STYLE.replace("{out", "{bias: false, out"))[0] == rows[0]
    ceil = STYLE.replace("kernel_size: 2}", "kernel_size: 2, ceil_mode: true}")
    assert places("--warn", "dropped-rows", text=ceil) == rows[:1]
    padded = STYLE.replace("stride: 2}", "stride: 2, padding: 1}")
    assert places("--warn", "dropped-rows", text=padded) == []


def test_what_is_read_elsewhere_too_keeps_its_bias(call: Any) -> None:
    text = (
        "archc: 1\nname: x\ninputs: {image: [N, 3, 8, 8]}\ngraph:\n"
        "  - {name: stem, conv2d: {out_channels: 8, kernel_size: 1}}\n"
        "  - {name: bn, batch_norm2d}\n  - add: [stem, bn]\n"
    )
    assert call("-", "--warn", "all", stdin=text).stderr == ""


def test_dropped_rows_agree_with_the_definition() -> None:
    """The rows after the last window's end: by brute force over windows in one dimension."""
    from itertools import product

    from archc.ops.slide import Slide

    for size, kernel, stride, padding, dilation in product(
        range(1, 9), range(1, 4), range(1, 4), range(3), range(1, 3)
    ):
        reach = dilation * (kernel - 1) + 1
        starts = range(-padding, size + padding - reach + 1, stride)
        if not starts:
            continue
        end = starts[-1] + reach
        gap = max(0, stride - reach)  # between windows, where nobody expects to be read
        slide = Slide(kernel, stride, padding, padding, dilation)
        assert slide.unread(size) == max(0, size - end - gap)


def test_strict(call: Any) -> None:
    result = call("warned.yaml", "--strict")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[ARC901]" in result.stderr
    assert result.stderr.endswith("\n1 error\n")
    assert call("right.yaml", "--strict").exit_code == 0
    assert call("-", "--strict", "--warn", "all", stdin=STYLE).exit_code == 1


@pytest.mark.parametrize(
    ("comment", "heard"),
    [
        ("# archc: ignore[ARC901]", False),
        ("#archc:ignore[ARC101, ARC901]", False),
        ("# see below; archc: ignore[ARC901]", True),
        ("# archc: ignore[unused-parameter]", False),
        ("# archc: ignore[ARC902]", True),
        ("# archc: ignore", True),
        ("# archc: ignore[]", True),
    ],
)
def test_ignore(comment: str, heard: bool, call: Any) -> None:
    text = WARNED.replace("unused: 1}", f"unused: 1}} {comment}")
    assert ("ARC901" in call("-", stdin=text).stderr) == heard
    assert call("-", "--strict", stdin=text).exit_code == heard
    below = WARNED.replace("params:", f"{comment}\nparams:")
    assert "ARC901" in call("-", stdin=below).stderr, "on the line itself only"


@pytest.mark.parametrize(
    ("case", "code"), [("domain-not-decided", "ARC903"), ("unused-parameter", "ARC901")]
)
def test_ignore_reaches_check(case: str, code: str) -> None:
    text = (FOLDER / "invalid" / f"{case}.yaml").read_text(encoding="utf-8")
    found = archc.check(archc.Spec.from_text(text)).warnings
    assert {each.code.code for each in found} == {code}
    text = text.replace(f"# warning: {code}", f"# archc: ignore[{code}]")
    assert archc.check(archc.Spec.from_text(text)).warnings == ()


def test_errors_are_not_ignored(call: Any) -> None:
    text = WRONG.replace("image]", "image] # archc: ignore[ARC402]")
    assert "ARC402" in call("-", stdin=text).stderr


@pytest.mark.parametrize("arguments", [["--warn", "nothing"], ["--format", "xml"]], ids=" ".join)
def test_wrong_options(arguments: list[str], call: Any) -> None:
    assert call("right.yaml", *arguments).exit_code == 2


def test_the_specs_are_free_of_noise() -> None:
    for path in sorted((FOLDER.parent / "specs").glob("*.yaml")):
        assert archc.check(path).warnings == (), path.name


# Many


def many(errors: int, warnings: int) -> tuple[Diagnostic, ...]:
    """Warnings and errors by turns."""
    file = File("x.yaml", "x\n" * (errors + warnings))
    codes = [catalogue.UNUSED_BLOCK, catalogue.UNKNOWN_KEY] * min(errors, warnings)
    rest = catalogue.UNKNOWN_KEY if errors > warnings else catalogue.UNUSED_BLOCK
    codes += [rest] * abs(errors - warnings)
    places = [Place(file, Span(number, 1, number, 2)) for number in range(1, len(codes) + 1)]
    return tuple(Diagnostic(*each) for each in zip(codes, "x" * len(codes), places, strict=True))


@pytest.mark.parametrize(("errors", "warnings"), [(60, 300), (300, 2), (0, 101), (99, 1), (0, 0)])
def test_of_many_the_first_hundred_are_shown(errors: int, warnings: int) -> None:
    """Errors before warnings, each in the order of the file; the others are counted."""
    found = many(errors, warnings)
    shown = sorted(found, key=lambda each: each.code.severity)[:100]
    lines = [each.place.span.line for each in shown]
    rest = errors + warnings - len(lines)
    data = json.loads(render_json(found))
    assert [each["line"] for each in data["diagnostics"]] == lines
    assert data.get("omitted", 0) == rest
    (run,) = json.loads(render_sarif(found))["runs"]
    regions = [each["locations"][0]["physicalLocation"]["region"] for each in run["results"]]
    assert [region["startLine"] for region in regions] == lines
    assert run.get("properties", {}).get("omitted", 0) == rest
    assert len(run["tool"]["driver"]["rules"]) == len({each.code for each in shown})
    printed = render_github(found).splitlines()
    are = "are" if rest > 1 else "is"
    last = [f"::notice title=archc::{rest:,} more {are} not shown"] * bool(rest)
    assert printed[len(lines) :] == last
    assert [int(re.findall("line=([0-9]+)", line)[0]) for line in printed[: len(lines)]] == lines
    text = str(SpecError(found))
    assert text.count("x.yaml:") == len(lines)
    assert text.endswith(f"\n{rest:,} more {are} not shown") == bool(rest)


@pytest.mark.parametrize("style", ["full", "concise"])
def test_of_many_files_the_first_hundred_are_shown(style: str, tmp_path: Path) -> None:
    head = "archc: 1\nname: x\ninputs: {x: [N, 3]}\ngraph: [relu]\n"
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(head + "".join(f"{i}x: 1\n" for i in range(70)))
    paths = [str(tmp_path / f"{name}.yaml") for name in ("a", "b")]
    result = CliRunner().invoke(main, ["validate", *paths, "--format", style])
    assert (result.stderr.count("a.yaml:"), result.stderr.count("b.yaml:")) == (70, 30)
    last = ["40 more are not shown", *["140 errors"] * (style == "full")]
    assert result.stderr.splitlines()[-len(last) :] == last


def test_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("archc: 2\n")

    def has_colours(**environment: str) -> bool:
        for name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return "\x1b[" in CliRunner().invoke(main, ["validate", str(path)]).stderr

    assert not has_colours()
    assert has_colours(FORCE_COLOR="1")
    assert not has_colours(FORCE_COLOR="")
    assert not has_colours(FORCE_COLOR="1", NO_COLOR="1")
