"""A search over one spec, candidate by candidate, beside `import torch`, in CPU.

The target is 500 candidates a second on a machine on which `import torch` takes 1.4 s.
"""

import sys
import time
from itertools import count

from archc import Spec, check
from pairs import Ratio, children, compare, report, started

CANDIDATES = 200

spec = Spec.from_file("specs/cifar_resnet.yaml")
numbers = count(10)


def search() -> None:
    """Checks candidates that were never checked before."""
    for number in (next(numbers) for _ in range(CANDIDATES)):
        check(spec, params={"n": 1 + number % 5, "num_classes": number})


def cpu() -> float:
    return time.process_time() + children()


found = compare(search, started([sys.executable, "-c", "import torch"]), 9, cpu)
each = (value / CANDIDATES for value in (found.ours, found.median, found.low, found.high))
ours, *ratios = each
report(
    f"check a candidate of a search ({1 / ours:.0f} a second)",
    Ratio(ours, found.theirs, *ratios),
    "0.0014",
)
