"""`--message-format`: diagnostics for programs, of every command that judges a spec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result

from archc.cli import main
from archc.cli.request import FOR_PROGRAMS
from archc.diagnostics.machine import WRITERS
from test_formats import RIGHT, SARIF, WARNED, WRONG

COMMANDS = ["compile", "expand", "sizes", "summary"]
"""The commands whose standard output is something else."""


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `archc` beside `wrong.yaml`, `warned.yaml` and `right.yaml`."""
    for name, text in (("wrong", WRONG), ("warned", WARNED), ("right", RIGHT)):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)

    return invoke


def codes(text: str) -> list[str]:
    return [each["code"] for each in json.loads(text)["diagnostics"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_product_and_what_is_said_do_not_mix(command: str, call: Any) -> None:
    plain = call(command, "warned.yaml")
    assert (plain.exit_code, plain.stderr[-11:]) == (0, "\n1 warning\n")
    for style in ("full", "concise", "json", "github", "sarif"):
        result = call(command, "warned.yaml", "--message-format", style)
        assert (result.exit_code, result.stdout) == (0, plain.stdout), style
        assert (result.stderr == plain.stderr) == (style == "full")
        refused = call(command, "wrong.yaml", "--message-format", style)
        assert (refused.exit_code, refused.stdout) == (1, ""), style
        told = call("validate", "wrong.yaml", "--format", style)
        if style == "json":  # `validate` says more, of each spec
            both = json.loads(told.stdout)
            assert both.pop("specs")
            assert json.loads(refused.stderr) == both
        else:
            assert refused.stderr == (told.stderr or told.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_json(command: str, call: Any) -> None:
    def said(*arguments: str, stdin: str | None = None) -> list[str]:
        return codes(call(command, *arguments, "--message-format", "json", stdin=stdin).stderr)

    assert said("right.yaml") == []
    assert said("warned.yaml") == ["ARC901"]
    assert said("wrong.yaml") == ["ARC402", "ARC101"]
    assert said("missing.yaml") == ["ARC017"]
    assert said("-", stdin="a: [") == ["ARC007"]
    assert said("right.yaml", "--max-memory", "1B") == ["ARC509"]


def test_the_other_formats(call: Any) -> None:
    sarif = call("compile", "wrong.yaml", "--message-format", "sarif").stderr
    jsonschema.validate(json.loads(sarif), SARIF)
    assert call("compile", "right.yaml", "--message-format", "github").stderr == ""
    github = call("sizes", "warned.yaml", "--message-format", "github").stderr
    assert github.startswith("::warning file=warned.yaml,line=3,")
    concise = call("expand", "warned.yaml", "--message-format", "concise").stderr
    assert concise == "warned.yaml:3:10: warning[ARC901] nobody uses the parameter `unused`\n"


def test_a_file_as_the_product(call: Any, tmp_path: Path) -> None:
    result = call("compile", "warned.yaml", "-o", "net.py", "--message-format", "json")
    assert (result.exit_code, result.stdout, codes(result.stderr)) == (0, "", ["ARC901"])
    assert "class" in (tmp_path / "net.py").read_text()


@pytest.mark.parametrize("stage", ["document", "network"])
def test_the_stages(stage: str, call: Any) -> None:
    def said(name: str) -> tuple[int, list[str]]:
        result = call("compile", name, "--emit", stage, "--message-format", "json")
        assert (result.stdout == "") == (result.exit_code > 0)
        return result.exit_code, codes(result.stderr)

    assert said("right.yaml") == (0, [])
    assert said("missing.yaml") == (2, ["ARC017"])
    Path("no.yaml").write_text("archc: 1\nname: x\n")
    assert said("no.yaml") == (1, ["ARC105"])


def test_of_validate_it_is_another_name_of_format(call: Any) -> None:
    for style in ("full", "concise", "json", "github", "sarif"):
        first, second = (
            call("validate", "wrong.yaml", "warned.yaml", option, style)
            for option in ("--format", "--message-format")
        )
        assert (first.stdout, first.stderr) == (second.stdout, second.stderr)


def test_every_command_that_judges_a_spec_has_it() -> None:
    assert isinstance(main, click.Group)
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        options = {option for each in command.params for option in each.opts}
        reads_spec = any(each.name in ("spec", "specs") for each in command.params)
        assert ("--message-format" in options) == reads_spec, name


def test_the_formats_for_programs_are_those_that_are_written() -> None:
    assert tuple(WRITERS) == FOR_PROGRAMS


@pytest.mark.parametrize("command", [*COMMANDS, "validate"])
def test_no_such_format(command: str, call: Any) -> None:
    assert call(command, "right.yaml", "--message-format", "xml").exit_code == 2


def test_notes_for_people_are_not_for_programs(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.cli.diagram.MOST_ARROWS", 0)
    assert "arrows" in call("diagram", "right.yaml").stderr
    assert codes(call("diagram", "right.yaml", "--message-format", "json").stderr) == []
