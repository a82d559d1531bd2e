"""The emitted constructor beside the book's; and beside torchvision's, which draws twice."""

from torchvision.models import get_model

import archc
from book import BOOK
from pairs import compare, report

for name in ("resnet18", "googlenet", "densenet"):
    emitted = type(archc.compile(f"specs/{name}.yaml"))
    report(f"construct {name}", compare(emitted, BOOK[name], 31), "1.10")

for family, name in (("vgg", "vgg11"), ("resnet", "resnet50")):
    emitted = type(archc.compile(f"specs/torchvision/{family}.yaml", variant=name))
    pair = compare(emitted, lambda name=name: get_model(name, weights=None), 11)
    report(f"construct torchvision's {name}", pair, "0.5" if family == "vgg" else "")
