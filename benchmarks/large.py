"""`archc validate` of 100,000 written nodes beside 50,000: twice the nodes, twice the time."""

import resource
import sys
import tempfile
from pathlib import Path

from pairs import children, compare, report, started

HEAD = "archc: 1\nname: large\ninputs: {image: [N, 8, H, W]}\ngraph:\n"
THREE = "  - conv2d: {out_channels: 8, kernel_size: 3, padding: 1}\n  - batch_norm2d\n  - relu\n"

with tempfile.TemporaryDirectory() as folder:
    commands = []
    for nodes in (100_000, 50_000):
        path = Path(folder, f"{nodes}.yaml")
        path.write_text(HEAD + THREE * (nodes // 3), encoding="utf-8")
        commands.append([sys.executable, "-m", "archc", "validate", str(path)])
    twice, once = map(started, commands)
    once()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024  # on Linux in KiB
    words = f"validate 100,000 nodes beside 50,000 (which take {peak} MiB), CPU"
    report(words, compare(twice, once, 3, children), "2.0; 30 s for 50,000")
