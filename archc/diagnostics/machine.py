"""Diagnostics as JSON, as annotations of GitHub, and as SARIF: for programs to read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from archc.diagnostics.diagnostic import Diagnostic, Fix, Place, Span
from archc.diagnostics.first import first, omitted, omitted_text

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def render_json(
    diagnostics: Sequence[Diagnostic], specs: Sequence[Mapping[str, Any]] | None = None
) -> str:
    """`{"diagnostics": [...]}`, an object each; `omitted` counts those that are not shown, and
    `specs` is what was found out of each spec, if that is asked for.
    """
    found = [
        {
            "code": diagnostic.code.code,
            "name": diagnostic.code.name,
            "severity": diagnostic.code.severity,
            "message": diagnostic.message,
            **_place(diagnostic.place),
            "help": diagnostic.help,
            "related": [
                {"message": label.text, **_place(label.place)} for label in diagnostic.related
            ],
            "fix": None if diagnostic.fix is None else _fix(diagnostic.fix),
        }
        for diagnostic in first(diagnostics)
    ]
    number = omitted(diagnostics)
    whole = {"diagnostics": found, **({"omitted": number} if number else {})}
    return _dumped(whole if specs is None else {**whole, "specs": specs})


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """A workflow command a line, which GitHub shows as an annotation of the line of code."""
    lines = [_command(diagnostic) for diagnostic in first(diagnostics)]
    if omitted(diagnostics):
        lines.append(f"::notice title=archc::{omitted_text(diagnostics)}")
    return "".join(f"{line}\n" for line in lines)


def render_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """SARIF 2.1.0, one run; the rules are the codes that are shown, and its property `omitted`
    counts the results that are not.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = {"version": version("archc")}
    except PackageNotFoundError:  # run from a checkout that is not installed
        own = {}
    found = first(diagnostics)
    codes = sorted({diagnostic.code.code: diagnostic.code for diagnostic in found}.items())
    driver = {
        "name": "archc",
        **own,
        "rules": [
            {
                "id": code.code,
                "name": code.name,
                "shortDescription": {"text": code.summary},
                "help": {"text": f"archc explain {code.code}"},
                "defaultConfiguration": {"level": code.severity},
            }
            for _, code in codes
        ],
    }
    indices = {code: index for index, (code, _) in enumerate(codes)}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, indices[each.code.code]) for each in found],
    }
    if omitted(diagnostics):
        run["properties"] = {"omitted": omitted(diagnostics)}
    return _dumped({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


WRITERS: Mapping[str, Callable[[Sequence[Diagnostic]], str]] = {
    "json": render_json,
    "github": render_github,
    "sarif": render_sarif,
}


def _dumped(data: Any) -> str:
    # ASCII: a lone surrogate in a message must not break the output
    return json.dumps(data, indent=2) + "\n"


def _place(place: Place) -> dict[str, Any]:
    span = place.span
    return {
        "file": place.file.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {"text": fix.text, "applicability": fix.applicability, **_place(fix.place)}


def _command(diagnostic: Diagnostic) -> str:
    code, span = diagnostic.code, diagnostic.place.span
    properties = {
        "file": diagnostic.place.file.name,
        "line": span.line,
        "col": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
        "title": f"{code.code} {code.name}",
    }
    parts = [diagnostic.message, *([f"help: {diagnostic.help}"] if diagnostic.help else [])]
    return workflow_command(code.severity, properties, "\n".join(parts))


def workflow_command(severity: str, properties: Mapping[str, object], message: str) -> str:
    """A line that GitHub shows as an annotation."""
    told = ",".join(
        f"{name}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
    )
    line = f"::{severity} {told}::{_escaped(message)}"
    return line.encode("utf-8", "backslashreplace").decode()


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    parts = [diagnostic.message, *([f"help: {diagnostic.help}"] if diagnostic.help else [])]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code.code,
        "ruleIndex": rule,
        "level": diagnostic.code.severity,
        "message": {"text": "\n".join(parts)},
        "locations": [_location(diagnostic.place)],
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {**_location(label.place), "message": {"text": label.text}}
            for label in diagnostic.related
        ]
    if diagnostic.fix is not None:
        result["fixes"] = [_change(diagnostic.fix)]
    return result


def _change(fix: Fix) -> dict[str, Any]:
    replacement = {
        "deletedRegion": _region(fix.place.span),
        "insertedContent": {"text": fix.text},
    }
    change = {"artifactLocation": _artifact(fix.place), "replacements": [replacement]}
    return {
        "description": {"text": f"write `{fix.text}`"},
        "artifactChanges": [change],
        "properties": {"applicability": fix.applicability},
    }


def _location(place: Place) -> dict[str, Any]:
    physical = {"artifactLocation": _artifact(place), "region": _region(place.span)}
    return {"physicalLocation": physical}


def _artifact(place: Place) -> dict[str, str]:
    from urllib.parse import quote

    path = Path(place.file.name)
    name = place.file.name.encode("utf-8", "surrogateescape")
    return {"uri": path.as_uri() if path.is_absolute() else quote(name, safe="/")}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
