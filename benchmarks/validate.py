"""What `archc validate` costs in a fresh process, beside `import torch`."""

import sys

from pairs import children, compare, report, started

ours = started([sys.executable, "-m", "archc", "validate", "specs/resnet18.yaml"])
theirs = started([sys.executable, "-c", "import torch"])

report(
    "validate ResNet-18 beside `import torch`, CPU",
    compare(ours, theirs, 21, children),
    "0.105",
)
report("the same, wall", compare(ours, theirs, 15), "0.30 s")
