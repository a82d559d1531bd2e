"""The emitted constructor beside the book's."""

import archc
from book import BOOK
from pairs import compare, report

for name in ("resnet18", "googlenet", "densenet"):
    emitted = type(archc.compile(f"specs/{name}.yaml"))
    report(f"construct {name}", compare(emitted, BOOK[name], 31), "1.10")
