"""Every example in the documentation runs, and gives what stands beneath it.

Fences, by what they open with:

* ```yaml: a spec; `archc.check` takes it. What it lacks is completed: `archc`, `name`, one input,
  and around a list `graph`. Words behind `yaml`: `error=CODE` (it is refused, with that code
  alone), `warning=CODE`, `variant=NAME`, `library` (a file that others `use`).
* ```text: `validate` is the line of `archc validate` for the spec above, `names` the path and
  operation of each of its modules as they run, `diagnostics` why it is refused, as `net.yaml`.
* ```python: `source` is a part of the compiled source of the spec above, `run` is executed.
* ```console: commands behind `$ `, run from the root of the repository, with all that they print;
  `after`: where the python above has run.
* ```mermaid: a diagram; `test_diagram.py` holds the page that has them.
* ```sh: commands for people; what `make` makes stands in the Makefile.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

import archc
from archc.cli import main
from archc.document.format import Library
from archc.document.parse import parse_model
from archc.emit.line import line
from archc.ops import OPERATIONS, operation_class
from archc.source import read

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGE = (ROOT / "docs/language.md").read_text(encoding="utf-8")

USUAL = {
    "archc": "archc: 1",
    "name": "name: net",
    "inputs": "inputs: {x: [N, 16, 32, 32]}",
    "graph": "graph: [relu]",
}
"""What an example may leave out."""


@dataclass(frozen=True)
class Example:
    """A fence: its language and marks, its text, the spec above it."""

    page: str
    line: int
    language: str
    marks: tuple[str, ...]
    text: str
    above: "Example | None"

    def mark(self, name: str) -> str | None:
        """The value of a mark `name=value`."""
        values = (mark.partition("=")[2] for mark in self.marks if mark.startswith(f"{name}="))
        return next(values, None)

    @property
    def spec(self) -> archc.Spec:
        """The YAML of this fence, or of the one above, completed."""
        example = self if self.language == "yaml" else self.above
        assert example is not None, "no spec above"
        text = example.text if "whole" in example.marks else complete(example.text)
        return archc.Spec.from_text(text, "net.yaml")

    @property
    def network(self) -> archc.Network:
        example = self if self.language == "yaml" else self.above
        assert example is not None
        return archc.check(self.spec, variant=example.mark("variant"))


def complete(text: str) -> str:
    """An example as a whole spec."""
    if re.search(r"^- ", text, re.MULTILINE) and not re.search(r"^\w+:", text, re.MULTILINE):
        text = "graph:\n" + re.sub(r"^(?=.)", "  ", text, flags=re.MULTILINE)
    present = re.findall(r"^(\w+):", text, re.MULTILINE)
    return "".join(f"{usual}\n" for key, usual in USUAL.items() if key not in present) + text


def examples() -> list[Example]:
    found: list[Example] = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        above = None
        for fence in re.finditer(r"^```(.+)\n((?:.*\n)*?)```$", text, re.MULTILINE):
            language, *marks = fence[1].split()
            number = text.count("\n", 0, fence.start()) + 2
            name = page.relative_to(ROOT).as_posix()
            example = Example(name, number, language, tuple(marks), fence[2], above)
            above = example if language == "yaml" else above
            found.append(example)
    return found


EXAMPLES = examples()


def of(language: str) -> pytest.MarkDecorator:
    chosen = [example for example in EXAMPLES if example.language == language]
    return pytest.mark.parametrize(
        "example",
        [
            pytest.param(
                example,
                id=f"{example.page}:{example.line}",
                marks=[pytest.mark.torch] if needs_torch(example) else [],
            )
            for example in chosen
        ],
    )


def needs_torch(example: Example) -> bool:
    is_run = example.language == "python" and "run" in example.marks
    compares = re.search(r"^\$ archc (weights|verify) ", example.text, re.MULTILINE)
    return is_run or "after" in example.marks or compares is not None


@of("yaml")
def test_specs(example: Example) -> None:
    if "library" in example.marks:
        assert not parse_model(read(example.text, example.page), Library).mistakes
        return
    code = example.mark("error")
    if code is not None:
        with pytest.raises(archc.SpecError) as caught:
            example.network  # noqa: B018
        assert {diagnostic.code.code for diagnostic in caught.value.diagnostics} == {code}
        return
    warning = example.mark("warning")
    network = example.network
    assert [found.code.code for found in network.warnings] == ([warning] if warning else [])


def validated(example: Example) -> str:
    return line(example.network) + "\n"


def names(example: Example) -> str:
    return "".join(f"{visit.path} {visit.node.operation}\n" for visit in example.network.walk())


def diagnostics(example: Example) -> str:
    with pytest.raises(archc.SpecError) as caught:
        example.network  # noqa: B018
    return f"{caught.value}\n"


TEXTS: dict[str, Callable[[Example], str]] = {
    "validate": validated,
    "names": names,
    "diagnostics": diagnostics,
}


@of("text")
def test_texts(example: Example) -> None:
    (kind,) = example.marks
    assert TEXTS[kind](example) == example.text


@of("python")
def test_python(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if example.marks == ("source",):
        from archc.compiler import to_source

        assert example.text in to_source(example.network)
        return
    assert example.marks == ("run",)
    at_root(tmp_path, monkeypatch)
    exec(compile(example.text, f"{example.page}:{example.line}", "exec"), {})  # noqa: S102


def at_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes to `folder`, which looks like the root of the repository and may be written to."""
    for name in ("specs", "archc"):
        (folder / name).symlink_to(ROOT / name)
    monkeypatch.chdir(folder)


def is_before(each: Example, example: Example) -> bool:
    """Whether `each` is Python above `example`."""
    return (each.page, each.language) == (example.page, "python") and each.line < example.line


@of("console")
def test_console(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_root(tmp_path, monkeypatch)
    if "after" in example.marks:
        (*_, before) = (each for each in EXAMPLES if is_before(each, example))
        exec(compile(before.text, f"{before.page}:{before.line}", "exec"), {})  # noqa: S102
    printed = []
    for command in re.findall(r"^\$ (.+)$", example.text, re.MULTILINE):
        program, *arguments = shlex.split(command)
        assert program == "archc"
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        printed.append(f"$ {command}\n{result.output}")
    assert "".join(printed) == example.text


@of("sh")
def test_make_targets(example: Example) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", example.text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_spec_of_the_readme_is_the_file() -> None:
    first = next(example for example in EXAMPLES if example.page == "README.md")
    assert first.text == (ROOT / "specs/resnet18.yaml").read_text(encoding="utf-8")


def test_every_fence_is_of_a_kind_that_is_tested() -> None:
    kinds = {"yaml", "text", "python", "console", "sh", "mermaid"}
    assert {example.language for example in EXAMPLES} <= kinds
    marks = {mark.partition("=")[0] for example in EXAMPLES for mark in example.marks}
    known = {"error", "warning", "variant", "library", "whole", "source", "run", "after"}
    assert marks <= {*TEXTS, *known}
    opened = sum(page.read_text(encoding="utf-8").count("\n```") for page in PAGES)
    assert opened == 2 * len(EXAMPLES)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading of the language's reference."""
    section = LANGUAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [row.strip("|").split("|") for row in section.splitlines() if row.startswith("|")]
    return [[cell.strip() for cell in row] for row in table[2:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def table(heading: list[str], body: list[list[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def reference() -> str:
    """`docs/operations.md`, from the classes that declare operations."""
    operations = []
    for name in sorted(OPERATIONS):
        declared = operation_class(name)
        fields = ", ".join(
            f"`{field.alias or key}`" for key, field in declared.model_fields.items()
        )
        says = (declared.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()
        operations.append([f"`{name}`", fields, re.sub(" +", " ", says).replace("|", "\\|")])
    return (
        "# Operations\n\n"
        "Written by `pytest --update` from the classes of `archc/ops/`. Arguments have torch's "
        "names, order and\ndefaults. Blocks are in [blocks.md](blocks.md).\n\n"
        + table(["operation", "arguments", "what it does"], operations)
    )


def test_the_reference_of_operations(golden: Callable[[Path, str], None]) -> None:
    golden(ROOT / "docs/operations.md", reference())


def test_the_initialisers() -> None:
    from archc.ops.initialiser import INITIALISERS

    text = LANGUAGE.split("The initialisers are ")[1].split(".\n")[0]
    assert sorted(set(words(text)) - {"val"}) == sorted(INITIALISERS)


def test_the_table_of_the_document() -> None:
    from archc.document.format import Document

    listed = [word for row in rows("Document") for word in words(row[0])]
    fields = [field.alias or name for name, field in Document.model_fields.items()]
    assert sorted(listed) == sorted(fields)


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)]+)\)", text):
            path, _, anchor = target.partition("#")
            if "://" in target:
                continue
            other = page if not path else (page.parent / path).resolve()
            assert other.exists(), target
            if anchor:
                headings = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.MULTILINE)
                assert anchor in [
                    re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings
                ]
