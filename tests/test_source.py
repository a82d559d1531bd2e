"""The reader: YAML 1.2 core values, exact places, and nothing that a text can break."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from archc import source as reader
from archc.diagnostics import Place, SpecError
from archc.source import FileError, Source, builder, read, read_file


def written(place: Place) -> str:
    """The text that `place` underlines, lines joined by newlines."""
    span = place.span
    lines = re.split(r"\r\n?|\n", place.file.text)[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def refusals(text: str) -> list[tuple[str, int, int]]:
    """Name of the code, line and column of everything that is wrong with `text`."""
    with pytest.raises(SpecError) as caught:
        read(text, "x.yaml")
    return [
        (found.code.name, found.place.span.line, found.place.span.column)
        for found in caught.value.diagnostics
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, None) for text in ("", "~", "null", "Null", "NULL")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        ("0", 0),
        ("-0", 0),
        ("+3", 3),
        ("-12", -12),
        ("010", 10),
        ("0" * 5000 + "7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("999999999999999999", 10**18 - 1),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1.5e+2", -150.0),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        *(
            (text, text)
            for text in (
                "no", "on", "Yes", "y", "nULL", "tRUE", "3:30", "1_000", "2001-01-01", "0b1", "0o8",
                "-0x1", "0X1", "1e", "e3", ".", "+", "1.2.3", "٣", "=", ".nAn", "1,5", "12e03x",
            )
        ),
        ("'3'", "3"),
        ('"true"', "true"),
        ("''", ""),
        ("|\n  3\n", "3\n"),
        (">-\n  null\n", "null"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    data = read(f"a: {text}\n", "x.yaml").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


def test_not_a_number() -> None:
    data = read("[.nan, .NaN, .NAN]", "x.yaml").data
    assert isinstance(data, list)
    assert all(math.isnan(value) for value in data)


def test_data_is_plain_python() -> None:
    text = "a: [1, {b: c, bare}, [k: v]]\n'q': {}\nno: -\nlist:\n- x\n-\n".replace(
        "no: -\n", "no:\n"
    )
    assert read(text, "x.yaml").data == {
        "a": [1, {"b": "c", "bare": None}, [{"k": "v"}]],
        "q": {},
        "no": None,
        "list": ["x", None],
    }


SPEC = """\
archc: 1
日本: {キー: 値, "q r": 'it''s', b: $x + $(y)}   # comment
graph:
  - conv2d: {out_channels: 8}
    name:   "layer$(i + 1)"
  - relu
  - add:
      - bn2
      - [ short , cut ]
empty:
text: |
  two
  lines

last: plain
  goes on
"""


@pytest.fixture(scope="module")
def source() -> Source:
    return read(SPEC, "x.yaml")


@pytest.mark.parametrize(
    ("path", "line", "column", "text"),
    [
        (("archc",), 1, 8, "1"),
        (("日本",), 2, 5, """{キー: 値, "q r": 'it''s', b: $x + $(y)}"""),
        (("日本", "キー"), 2, 10, "値"),
        (("日本", "q r"), 2, 20, "'it''s'"),
        (("日本", "b"), 2, 32, "$x + $(y)"),
        (("graph", 0), 4, 5, 'conv2d: {out_channels: 8}\n    name:   "layer$(i + 1)"'),
        (("graph", 0, "conv2d", "out_channels"), 4, 28, "8"),
        (("graph", 0, "name"), 5, 13, '"layer$(i + 1)"'),
        (("graph", 1), 6, 5, "relu"),
        (("graph", 2, "add"), 8, 7, "- bn2\n      - [ short , cut ]"),
        (("graph", 2, "add", 1), 9, 9, "[ short , cut ]"),
        (("graph", 2, "add", 1, 1), 9, 19, "cut"),
        (("empty",), 10, 7, ""),
        (("text",), 11, 7, "|\n  two\n  lines"),
        (("last",), 15, 7, "plain\n  goes on"),
        ((), 1, 1, SPEC.rstrip()),
    ],
)
def test_place_of_values(
    source: Source, path: reader.YamlPath, line: int, column: int, text: str
) -> None:
    place = source.place(path)
    assert (place.span.line, place.span.column, written(place)) == (line, column, text)
    assert source.line(path) == line


@pytest.mark.parametrize(
    ("path", "line", "column", "text"),
    [
        (("日本",), 2, 1, "日本"),
        (("日本", "q r"), 2, 13, '"q r"'),
        (("日本", "b"), 2, 29, "b"),
        (("graph", 0, "conv2d"), 4, 5, "conv2d"),
        (("graph", 0, "name"), 5, 5, "name"),
        (("graph", 1), 6, 5, "relu"),
        (("empty",), 10, 1, "empty"),
    ],
)
def test_place_of_keys(
    source: Source, path: reader.YamlPath, line: int, column: int, text: str
) -> None:
    place = source.place(path, key=True)
    assert (place.span.line, place.span.column, written(place)) == (line, column, text)


def test_place_of_what_is_not_there(source: Source) -> None:
    deepest = source.place(("graph", 0, "conv2d"))
    assert source.place(("graph", 0, "conv2d", "kernel_size")) == deepest
    assert source.place(("graph", 0, "conv2d", "kernel_size", 3), key=True) == deepest
    assert source.place(("graph", 99)) == source.place(("graph",))
    assert source.place(("graph", -1)) == source.place(("graph",))
    assert source.place(("graph", "name")) == source.place(("graph",))
    assert source.place(("archc", 0)) == source.place(("archc",))


def test_parts_of_scalars(source: Source) -> None:
    assert written(source.part(("日本", "b"), 5, 9)) == "$(y)"
    assert written(source.part(("graph", 0, "name"), 5, 13)) == "$(i + 1)"
    assert source.part(("graph", 0, "name"), 5, 13).span.column == 19
    assert written(source.part(("日本", "q r"), 2, 3, key=True)) == "r"


@pytest.mark.parametrize("path", [("日本", "q r"), ("text",), ("last",), ("graph", 2), ("archc",)])
def test_a_part_that_cannot_be_told_is_the_whole(source: Source, path: reader.YamlPath) -> None:
    assert source.part(path, 2, 4) == source.place(path)


def test_line_ends_and_byte_order_mark() -> None:
    for end in ("\n", "\r\n", "\r"):
        found = read("\ufeff" + end.join(("a:", "  b: [1,", "    2]", "c: x", "")), "x.yaml")
        assert found.data == {"a": {"b": [1, 2]}, "c": "x"}
        assert found.place(("a", "b", 1)).span.line == 3
        assert found.place(("a", "b", 1)).span.column == 5
        assert found.place(("c",), key=True).span.column == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("empty-document", 1, 1)]),
        ("# nothing\n---\n", [("empty-document", 1, 1)]),
        ("a: 1\na: 2\n'a': 3\n", [("duplicate-key", 2, 1), ("duplicate-key", 3, 1)]),
        ("x: {日: 1, 日: 2}", [("duplicate-key", 1, 11)]),
        ("a: &k 1\nb: &m {c: *k}", [("anchor", 1, 4), ("anchor", 2, 4), ("alias", 2, 11)]),
        ("*k : 1", [("alias", 1, 1)]),
        ("a:\n  <<: *k\n  b: 1", [("merge-key", 2, 3)]),
        ("<<: {a: 1}", [("merge-key", 1, 1)]),
        ("a: !x 1", [("tag", 1, 4)]),
        ("a: !!str 1", [("tag", 1, 4)]),
        ("a: ! 1", [("tag", 1, 4)]),
        ("a: &k !!map {}", [("anchor", 1, 4), ("tag", 1, 7)]),
        ("a: !!python/object:os.system [x]", [("tag", 1, 4)]),
        ("%YAML 1.2\n---\na: 1", [("directive", 1, 1)]),
        ("a: 1\n---\nb: 2", [("several-documents", 2, 1)]),
        ("1: x", [("key-not-text", 1, 1)]),
        ("a: {true: x, 1.5: y}", [("key-not-text", 1, 5), ("key-not-text", 1, 14)]),
        ("~: x", [("key-not-text", 1, 1)]),
        ("{: x}", [("yaml-syntax", 1, 2)]),
        ("[1,,2]", [("yaml-syntax", 1, 4)]),
        ("?\n: x", [("key-not-text", 1, 2)]),
        ("? [a]\n: b", [("key-not-text", 1, 3)]),
        ("? {a: b}\n: b", [("key-not-text", 1, 3)]),
        ("a:\n\t- b", [("tab-indentation", 2, 1)]),
        ("\ta: 1", [("tab-indentation", 1, 1)]),
        ("a: [1, 2\n", [("unclosed-bracket", 1, 9)]),
        ("a: {x: 1\nb: 2\n", [("unclosed-bracket", 2, 2)]),
        ("a: 'x\nb: 1\n", [("unclosed-quote", 1, 4)]),
        ("a: b: c", [("yaml-syntax", 1, 5)]),
        ("a: @x", [("yaml-syntax", 1, 4)]),
        ("a: {x: 1}}", [("yaml-syntax", 1, 10)]),
        ("a:\n  b: 1\n c: 2", [("yaml-syntax", 3, 2)]),
        ("- a\nb: c", [("yaml-syntax", 2, 1)]),
        ('a: "\\q"', [("yaml-syntax", 1, 5)]),
        ("a: 1\nfoo\nb: 2", [("yaml-syntax", 2, 1)]),
        ("summary: $(\n\tb: 1", [("tab-indentation", 2, 1)]),
        ("a: x\0y", [("invalid-character", 1, 5)]),
        ("a: 1\nb: \x1b[31m", [("invalid-character", 2, 4)]),
        ("a: \ud800", [("invalid-character", 1, 4)]),
        ("a: b\u2028c", [("invalid-character", 1, 5)]),
        ('a: "x\\0"', [("invalid-character", 1, 4)]),
        ("a: 1234567890123456789", [("number-too-large", 1, 4)]),
        ("a: " + "9" * 9000, [("number-too-large", 1, 4)]),
        ("a: 0x" + "f" * 9000, [("number-too-large", 1, 4)]),
        ("a: -1e999", [("number-too-large", 1, 4)]),
        ("a: " + "9" * 1_000_000, [("scalar-too-long", 1, 4)]),
        ("a: " + "59:" * 100_000 + "1", [("scalar-too-long", 1, 4)]),
        ("x" * 10_001 + "\n", [("scalar-too-long", 1, 1)]),
    ],
)
def test_what_is_refused(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert refusals(text) == expected


@pytest.mark.parametrize(
    "text", ["a: 'x'\n", 'a: "x"\n', "'<<': 1\n", "a: <<\n", "a: $$(b\n", "---\na: 1\n...\n"]
)
def test_what_is_not_refused(text: str) -> None:
    read(text, "x.yaml")


def test_a_duplicate_shows_the_first() -> None:
    with pytest.raises(SpecError) as caught:
        read("a: 1\nb: 2\na: 3\n", "x.yaml")
    (found,) = caught.value.diagnostics
    (first,) = found.related
    assert first.place.span.line == 1
    assert found.help is not None


@pytest.mark.parametrize(
    ("text", "places", "help_text"),
    [
        ("a: {b: $(c[0]), k: 3}", [(1, 8)], "'$(c[0])'"),
        ("a: [$(f(a, b)), 2]", [(1, 5)], "'$(f(a, b))'"),
        ("a: {b: $(f(a, b)), c: $(g(a, b))}", [(1, 8), (1, 23)], "'$(f(a, b))'"),
        ("a: {b: n$(f('a', b)), k: 3}", [(1, 9)], "\"n$(f('a', b))\""),
        ("a: [$(x]", [(1, 5)], "'$(…)'"),
        ("a: [$(x == ')' or y, 1]", [(1, 5)], "'$(…)'"),
        ("a: $({x: 1})", [(1, 4)], "'$({x: 1})'"),
        ("a: [$(f(a, b))$(g(a, b)), 2]", [(1, 5)], "'$(…)'"),
        ("a: [$(f(a, b)) + 1, 2]", [(1, 5)], "'$(…)'"),
        ("a: [$(f(\n  x]))]", [(1, 5)], "'$(…)'"),
        ("a: [$(x), $(f({y: 1}))]\nb: c: d", [(1, 11)], "'$(f({y: 1}))'"),
    ],
)
def test_forgotten_quotes(text: str, places: list[tuple[int, int]], help_text: str) -> None:
    assert refusals(text) == [("unquoted-expression", *place) for place in places]
    with pytest.raises(SpecError) as caught:
        read(text, "x.yaml")
    first = caught.value.diagnostics[0]
    assert help_text in (first.help or "")
    is_sure = "…" not in help_text and "{" not in help_text
    assert (first.fix is not None and first.fix.text == help_text) == is_sure


@pytest.mark.parametrize(
    "text", ["[$(a), $(b(c)), $$(d, '$(e, f)', \"$(g\"]", "[n$(a)-$(b == ')')]"]
)
def test_closed_expressions_pass(text: str) -> None:
    read(text, "x.yaml")


def test_every_refusal_has_a_way_out() -> None:
    for text in (
        "",
        "a: 1\na: 2",
        "a: &k 1",
        "a: *k",
        "1: a",
        "a: [",
        "a: '",
        "[" * 99,
        "a: x" * 9999,
        "\0",
    ):
        with pytest.raises(SpecError) as caught:
            read(text, "x.yaml")
        assert all(found.help for found in caught.value.diagnostics)


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? ", "[\n", "{a:\n"])
def test_100_000_levels(unit: str) -> None:
    ((name, _, _),) = refusals(unit * 100_000)
    assert name in ("nesting-too-deep", "yaml-syntax")


def test_the_depth_that_is_allowed() -> None:
    read("[" * reader.MAX_DEPTH + "]" * reader.MAX_DEPTH, "x.yaml")
    deeper = reader.MAX_DEPTH + 1
    assert refusals("[" * deeper + "]" * deeper) == [("nesting-too-deep", 1, deeper)]


def test_limits_on_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(refusals("- &a x\n" * 500)) == reader.MAX_DIAGNOSTICS
    monkeypatch.setattr("archc.source.builder.MAX_VALUES", 10)
    assert refusals("- x\n" * 11) == [("too-many-values", 11, 3)]


PIECES = st.lists(
    st.sampled_from(
        [*"[]{},:-?&*!|>'\"%@`#$() \n\t\r\\~", "a", "1", "a: ", "- ", "\n  ", "$(", "<<: ", "---\n",
         "...\n", "\\x0", "!!str ", "&a ", "*a", "\ufeff", "\u2028", "é", "日", "\0", "0x", "1e9",
         "%TAG ! x\n"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("loader", [builder._LOADER, yaml.SafeLoader])
@given(text=st.one_of(PIECES, st.text(), st.text(st.characters(exclude_categories=()))))
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_read_refuses_or_reads(loader: type[yaml.SafeLoader], text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archc.source.builder._LOADER", loader)
        try:
            found = read(text, "x.yaml")
        except SpecError as error:
            places = [diagnostic.place.span for diagnostic in error.diagnostics]
            assert places == sorted(places)
            str(error).encode("utf-8")
        else:
            check_places(found, found.data, ())


def check_places(found: Source, value: object, path: reader.YamlPath) -> None:
    """Each plain or quoted string is found again at its place."""
    assert found.line(path) == found.place(path).span.line
    if isinstance(value, dict):
        for key, inner in value.items():
            found.place((*path, key), key=True)
            check_places(found, inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check_places(found, inner, (*path, index))
    elif isinstance(value, str):
        part = found.part(path, 0, len(value))
        if part != found.place(path):
            assert written(part) == value


def test_read_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: \xc3\xa9\r\n")
    found = read_file(path)
    assert found.data == {"a": 1, "b": "é"}
    assert found.file.name == str(path)
    assert found.file.text == "a: 1\r\nb: é\r\n"


def test_invalid_utf8_has_a_place(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: 1\né日: ".encode() + b"\xff\xfe")
    with pytest.raises(SpecError) as caught:
        read_file(path)
    (found,) = caught.value.diagnostics
    assert found.code.name == "invalid-utf8"
    assert (found.place.span.line, found.place.span.column) == (2, 5)


def test_file_trouble_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * (reader.MAX_BYTES + 1))
    os.mkfifo(tmp_path / "fifo.yaml")
    expected = {
        "empty.yaml": "is empty",
        "loop.yaml": "too many levels of symbolic links",
        "large.yaml": "is larger than 8 MiB",
        "fifo.yaml": "is not a regular file",
        "missing.yaml": "no such file or directory",
        ".": "is a directory",
        "a\0b": "no file can have this name",
        "x" * 300: "file name too long",
    }
    for name, message in expected.items():
        with pytest.raises(FileError, match=message) as caught:
            read_file(f"{tmp_path}/{name}")
        assert "\n" not in str(caught.value)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read any file, whatever its mode
    with pytest.raises(FileError, match="permission denied"):
        read_file(path)
