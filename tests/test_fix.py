"""`archc validate --fix`: sure fixes, and everything else in the file byte for byte."""

from __future__ import annotations

import os
import random
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import archc
from archc.cli import main
from archc.diagnostics import Place, SpecError, catalogue
from archc.source import read

FOLDER = Path(__file__).parent
SPECS = sorted((FOLDER.parent / "specs").glob("*.yaml"))

HEAD = "archc: 1\nname: x\ninputs: {image: [N, 3, 32, 32]}\n"


def fix(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["validate", str(path), "--fix", *arguments])


def fixed(text: str | bytes, folder: Path) -> bytes:
    """What `--fix` makes of a text; once more changes nothing."""
    path = folder / "spec.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    first = fix(path)
    assert first.exit_code in (0, 1), first.exception
    assert first.exception is None or isinstance(first.exception, SystemExit)
    once = path.read_bytes()
    again = fix(path)
    assert path.read_bytes() == once
    assert "fixed" not in again.stderr
    return once


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("graph:\n  - conv2: {out_channels: 8, kernel_size: 3}\n", {"conv2": "conv2d"}),
        ("graph:\n  - ReLu\n", {"ReLu": "relu"}),
        ("graph:\n  - conv2d: {out_chanels: 8, kernel_size: 3}\n", {"chanels": "channels"}),
        ("graph:\n  - {nmae: stem, relu}\n", {"nmae": "name"}),
        ("grahp:\n  - relu\n", {"grahp": "graph"}),
        ("graph: [relu]\nsumary: x\n", {"sumary": "summary"}),
        (
            "params: {width: 8}\ngraph:\n  - conv2d: {out_channels: $widht, kernel_size: 3}\n",
            {"widht": "width"},
        ),
        (
            "params: {w: 8, width: 8}\ngraph: [dropout: {p: '$(w / widht)'}]\n",
            {"widht": "width"},
        ),
        (
            "params: {width: 8}\nvariants: {v: {widht: 16}}\ngraph: [dropout: {p: $(1 / width)}]\n",
            {"widht": "width"},
        ),
        ("graph:\n  - {name: stem, relu}\n  - add: [image, stme]\n", {"stme": "stem"}),
        ("graph:\n  - {name: stem, relu}\n  - {from: 'stme', relu}\n", {"stme": "stem"}),
        ("graph:\n  - {name: stem, relu}\n  - apply: stme\n", {"stme": "stem"}),
        ("graph:\n  - {name: stem, relu}\noutputs: {y: stme}\n", {"stme": "stem"}),
        ("blocks:\n  Stem: {graph: [relu]}\ngraph: [Stemm]\n", {"Stemm": "Stem"}),
        (
            "blocks: {B: {params: {p: float}, graph: [dropout: {p: $p}]}}\ngraph: [B: {P: 0.5}]\n",
            {"P:": "p:"},
        ),
        ('graph:\n  - "conv2": {out_channels: 8, kernel_size: 3}\n', {"conv2": "conv2d"}),
        (
            "graph:\n  - conv2d: {out_channels: 8, kernel_size: 3, padding_mode: zeroes}\n",
            {"zeroes": "zeros"},
        ),
    ],
)
def test_names(wrong: str, right: dict[str, str], tmp_path: Path) -> None:
    expected = HEAD + wrong
    for word, meant in right.items():
        expected = expected.replace(word, meant)
    assert fixed(HEAD + wrong, tmp_path).decode() == expected
    if right:
        assert fix(tmp_path / "spec.yaml").exit_code == 0


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("$(max(8, 16))", "'$(max(8, 16))'"),
        ("$(max(8, 16)), stride: 1", "'$(max(8, 16))', stride: 1"),
        ("$(w[0])  ", "'$(w[0])'  "),
        ("$(w[0]) # so wide\n    ", "'$(w[0])' # so wide\n    "),
        ("$(w[0])\n    , stride: 1", "'$(w[0])'\n    , stride: 1"),
        ("$([8, 16][i])", "'$([8, 16][i])'"),
        ("$(max(8, len('ab')))", "\"$(max(8, len('ab')))\""),
        ("$(max(8, len('a\"b')))", "'$(max(8, len(''a\"b'')))'"),
    ],
)
def test_quotes(wrong: str, right: str, tmp_path: Path) -> None:
    text = (
        f"{HEAD}params: {{w: [8, 16], i: 1}}\ngraph:\n  # $(w[0]), [$(i)]\n"
        "  - conv2d: {kernel_size: $(w[1] - w[0] + i), out_channels: %s}\n"
    )
    expected = text.replace("$(w[1] - w[0] + i)", "'$(w[1] - w[0] + i)'") % right
    assert fixed(text % wrong, tmp_path).decode() == expected
    assert fix(tmp_path / "spec.yaml").exit_code == 0


def test_quotes_on_many_lines(tmp_path: Path) -> None:
    line = "  - conv2d: {out_channels: $(w[0]), kernel_size: 1}\n"
    text = f"{HEAD}params: {{w: [8]}}\ngraph:\n{line * 20}"
    assert fixed(text, tmp_path).decode() == text.replace("$(w[0])", "'$(w[0])'")


def test_quotes_of_a_name(tmp_path: Path) -> None:
    text = HEAD + "graph: [{name: a$(max(0, 1))b, relu}, {name: c, from: a$(max(1, 0))b, ReLu}]\n"
    right = text.replace("a$(max(0, 1))b", "'a$(max(0, 1))b'").replace("ReLu", "relu")
    expected = right.replace("a$(max(1, 0))b", "'a$(max(1, 0))b'")
    assert fixed(text, tmp_path).decode() == expected


@pytest.mark.parametrize(
    "value",
    [
        "$(max(8, 16)",
        "$(max(8, 16)) + 1",
        "$(max(8, 16))$(max(0, 1))",
        "$(max(8, 16)) more",
        "$(max(8, 16))\n      more",
        "$(8, stride: 1)",
        "$(max(8, wide))",
        "$(max(8, 16) 16)",
        "$([8, 16])",
    ],
    ids=[
        "never closed", "goes on", "another expression", "another word",
        "another line", "a key in it", "unknown name", "no expression", "no integer",
    ],
)  # fmt: skip
def test_quotes_that_are_not_sure(value: str, tmp_path: Path) -> None:
    text = f"{HEAD}graph:\n  - conv2d: {{kernel_size: 1, out_channels: {value}}}\n"
    assert fixed(text, tmp_path).decode() == text


@given(st.text("ab'\"\\,[]{}()$: #\n", max_size=12), st.text("ab'\"\\ ,]}:#\n(", max_size=6))
def test_quotes_keep_the_value(inside: str, after: str) -> None:
    """What the fix puts in quotes means, once read, the characters that stood there."""
    text = f"{{a: x$({inside}){after}, b: 1}}"
    try:
        read(text, "x.yaml")
    except SpecError as error:
        for found in error.diagnostics:
            if found.code is catalogue.UNQUOTED_EXPRESSION and found.fix is not None:
                span = found.fix.place.span
                assert span.line == span.end_line
                line = text.split("\n")[span.line - 1]
                stood = line[span.column - 1 : span.end_column - 1]
                assert read(found.fix.text, "x.yaml").data == stood
                assert re.fullmatch(r"[^\s,]*\$\(.*\)[^\s,]*", stood)


SEVERAL = """\
# a comment\tkept   \n\
archc: 1
name:   x
inputs: { image : [N,3,   32, 32] }   # odd spaces
params: {width: 8}

graph:
  - conv2: {out_chanels: $widht, kernel_size: 3}  # three in one line: conv2, chanels
  - max_poll2d: {kernel_size: 2}

  - lstm: {hidden_size: 8}
  # the end, without a last line end"""


def test_several_and_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SEVERAL)
    result = fix(path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"fixed 4 mistakes in {path}\n" in result.stderr
    assert result.stderr.endswith("\n1 error\n")
    assert "`lstm`" in result.stderr
    expected = SEVERAL.replace("conv2: {out_chanels: $widht", "conv2d: {out_channels: $width")
    assert path.read_text() == expected.replace("poll2d", "pool2d")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_the_byte_order_mark_stay(end: str, mark: bytes, tmp_path: Path) -> None:
    wrong = mark + SEVERAL.replace("\n", end).encode()
    right = wrong.replace(b"conv2: {out_chanels: $widht", b"conv2d: {out_channels: $width")
    assert fixed(wrong, tmp_path) == right.replace(b"poll2d", b"pool2d")


def test_wide_characters_before_the_name(tmp_path: Path) -> None:
    wrong = HEAD + "graph:\n  - {name: a, relu: } # 日本\n  - {'from': a, ReLu}  # é\n"
    assert fixed(wrong, tmp_path).decode() == wrong.replace("ReLu", "relu")


@pytest.mark.parametrize(
    "text",
    [
        "graph:\n  - conv2d: {stride: 1, strid: 2, out_channels: 8, kernel_size: 3}\n",
        "graph:\n  - {name: stem, from: stme, relu}\n",
        "graph:\n  - {name: one0, relu}\n  - {from: one, relu}\n  - {name: one1, relu}\n",
        "graph:\n  - {name: stage1, relu}\n  - {name: add, add: [stage1, stag$(0 + 1)]}\n",
        'graph:\n  - "con\\u0076x2d": {out_channels: 8, kernel_size: 3}\n',
        "graph: [\n",
        "graph: [relu]\n",
    ],
    ids=["makes a duplicate", "makes a cycle", "two are close", "computed", "escaped", "no YAML",
         "right"],
)  # fmt: skip
def test_what_is_not_sure_stays(text: str, tmp_path: Path) -> None:
    assert fixed(HEAD + text, tmp_path).decode() == HEAD + text


def test_a_fix_that_does_not_help_does_not_hinder_another(tmp_path: Path) -> None:
    wrong = HEAD + (
        "graph:\n  - conv2d: {strid: 1, out_channels: 8, kernel_size: 3, stride: 2}\n  - ReLu\n"
    )
    assert fixed(wrong, tmp_path).decode() == wrong.replace("ReLu", "relu")


def test_a_fix_that_lays_bare_another(tmp_path: Path) -> None:
    wrong = HEAD + "grahp:\n  - ReLu\n"
    assert fixed(wrong, tmp_path).decode() == HEAD + "graph:\n  - relu\n"


def test_a_file_that_is_used_stays(tmp_path: Path) -> None:
    used = tmp_path / "used.yaml"
    used.write_text("archc: 1\nblocks:\n  Stem: {graph: [ReLu]}\n")
    before = used.read_bytes()
    text = HEAD + "use: [used.yaml]\ngraph: [Stem]\n"
    assert fixed(text, tmp_path).decode() == text
    assert used.read_bytes() == before
    result = fix(tmp_path / "spec.yaml")
    assert "did you mean `relu`?" in result.stderr


def test_the_choices_of_the_command_line_are_not_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    text = (
        "archc: 1\nname: x\ninputs: {input1: [N, 3, 8, 8]}\nparams: {params1: 1}\n"
        "variants: {variants1: {params1: 2}}\ngraph: [{dropout: {p: $(params1 / 9)}}]\n"
    )
    path.write_text(text)
    for arguments in (
        ["--variant", "variants"], ["--set", "params=2"], ["--input", "inputs=3x8x8"],
        ["--set", "params2=2"],
    ):  # fmt: skip
        assert fix(path, *arguments).exit_code == 1
        assert path.read_text() == text


def test_mode_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "spec.yaml"
    path.write_text(HEAD + "graph: [ReLu]\n")
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    assert fix(link).exit_code == 0
    assert link.is_symlink()
    assert path.read_text() == HEAD + "graph: [relu]\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["spec.yaml"]


def test_a_full_disk_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(HEAD + "graph: [ReLu]\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = fix(path)
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert path.read_text() == HEAD + "graph: [ReLu]\n"
    assert [each.name for each in tmp_path.iterdir()] == ["spec.yaml"]


def test_standard_input_has_no_file() -> None:
    result = CliRunner().invoke(main, ["validate", "-", "--fix"], input=HEAD + "graph: [ReLu]\n")
    assert result.exit_code == 2
    assert "--fix" in result.stderr


def test_the_right_files_stay_as_they_are(tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in SPECS}
    assert CliRunner().invoke(main, ["validate", "--fix", *map(str, SPECS)]).exit_code == 0
    assert {path: path.read_bytes() for path in SPECS} == before


def at(text: str, place: Place) -> str:
    lines = text.split("\n")
    span = place.span
    assert span.line == span.end_line
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_misspelt_words_are_put_right_or_left(spec: Path, tmp_path: Path) -> None:
    """A letter of a spec's names is lost: the file ends up as it was, or as it was misspelt, and
    what stands at a fix is a single word.
    """
    whole = spec.read_text(encoding="utf-8")
    words = sorted({*archc_words(whole)})
    dice = random.Random(spec.name)
    mended = 0
    for word in dice.sample(words, min(6, len(words))):
        letter = dice.randrange(1, len(word))
        text = whole.replace(word, word[:letter] + word[letter + 1 :], 1)
        try:
            archc.check(archc.Spec.from_text(text))
        except SpecError as error:
            fixes = [each.fix for each in error.diagnostics if each.fix]
            assert all(at(text, fix.place).isidentifier() for fix in fixes)
            path = tmp_path / "spec.yaml"
            path.write_text(text)
            fix(path)
            mended += path.read_text() == whole
            assert len(path.read_text().split("\n")) == len(whole.split("\n"))
    assert mended or len(words) < 6


def archc_words(text: str) -> list[str]:
    """The names of a spec that are long enough to be told when misspelt."""
    import re

    return re.findall(r"(?<=[ {$])[a-z][a-z0-9_]{5,}(?=[:}\],])", text)
