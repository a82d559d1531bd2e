"""The lines of Python of each room, and how many it may have: docs/architecture.md holds the table.

As a program it prints them.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def lines() -> Counter[str]:
    """The lines of each room of `archc/`; its own files are one room."""
    found: Counter[str] = Counter()
    for path in (ROOT / "archc").rglob("*.py"):
        parts = path.relative_to(ROOT / "archc").parts
        room = f"archc/{parts[0]}/" if len(parts) > 1 else "archc/*.py"
        found[room] += len(path.read_text(encoding="utf-8").splitlines())
    return found


def budget() -> dict[str, int]:
    """The most lines of each room, as docs/architecture.md has it."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Budget of lines\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `(archc/[^`]*)` \| ([\d,]+) \|$", section, re.MULTILINE)
    return {room: int(number.replace(",", "")) for room, number in rows}


def table() -> str:
    """A row a room: lines, budget."""
    found, most = lines(), budget()
    rows = [(room, found[room], most.get(room, 0)) for room in sorted(found | most)]
    rows.append(("all", found.total(), sum(most.values())))
    return "".join(f"{room:20} {number:>7,} of {limit:>7,}\n" for room, number, limit in rows)


def test_each_room_keeps_to_its_budget() -> None:
    found, most = lines(), budget()
    assert found.keys() == most.keys()
    assert {room: number for room, number in found.items() if number > most[room]} == {}, table()


if __name__ == "__main__":
    print(table(), end="")
