"""The command as a process: what it does where something around it fails or ends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import archc
from archc.cli import main
from archc.compiler import to_source

ROOT = Path(__file__).parent.parent
GOOD = ROOT / "specs/lenet_bn.yaml"

WRITING = {
    "validate": "validate specs/lenet_bn.yaml",
    "validate as json": "validate specs/lenet_bn.yaml --format json",
    "compile": "compile specs/lenet_bn.yaml",
    "compile --check": "compile specs/lenet_bn.yaml --check -o specs/lenet.yaml",
    "summary": "summary specs/lenet_bn.yaml",
    "sizes": "sizes specs/lenet_bn.yaml",
    "sizes --at": "sizes specs/lenet_bn.yaml --at image=1x28x28",
    "diagram": "diagram specs/lenet_bn.yaml",
    "expand": "expand specs/lenet_bn.yaml",
    "weights": "weights specs/lenet_bn.yaml {weights}",
    "verify": "verify specs/lenet_bn.yaml --against {weights}.py:net",
    "ops": "ops",
    "ops NAME": "ops conv2d",
    "blocks": "blocks",
    "explain": "explain ARC101",
    "new": "new net",
    "schema": "schema",
    "completion": "completion bash",
    "--help": "--help",
    "ops --help": "ops --help",
    "--version": "--version",
}
"""A call of each command that writes to standard output."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "lenet_bn.safetensors"
    archc.save_weights(archc.compile(GOOD), path)
    Path(f"{path}.py").write_text(f"{to_source(archc.check(GOOD))}\n\nnet = LenetBn\n")
    return path


@pytest.mark.torch  # of which the fixture needs weights
@pytest.mark.parametrize("name", WRITING)
def test_standard_output_that_cannot_be_written(name: str, weights: Path) -> None:
    call = f"{sys.executable} -m archc {WRITING[name].format(weights=weights)}"
    for redirect, reason in (
        ("> /dev/full", "no space left on device"),
        (">&-", "bad file descriptor"),
    ):
        done = subprocess.run(
            ["/bin/sh", "-c", f"exec {call} {redirect}"], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 2
        assert done.stderr == f"error: cannot write standard output: {reason}\n"
        if name in ("verify", "weights"):  # torch takes seconds to start
            return
    reading, writing = os.pipe()
    os.close(reading)
    try:
        piped = subprocess.run(call.split(), cwd=ROOT, stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (piped.returncode, piped.stderr) == (1, b"")


def test_every_command_is_tried() -> None:
    assert set(main.list_commands(None)) <= set(WRITING)  # type: ignore[arg-type]


def test_standard_output_that_is_not_needed(tmp_path: Path) -> None:
    output = tmp_path / "net.py"
    for redirect in (">&-", "> /dev/full"):
        call = f"exec {sys.executable} -m archc compile {GOOD} -o {output} {redirect}"
        done = subprocess.run(["/bin/sh", "-c", call], cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert output.read_text() == to_source(archc.check(GOOD))
        output.unlink()


def test_standard_error_that_cannot_be_written() -> None:
    for call, code in (("validate README.md", 2), ("validate", 2), ("ops > /dev/full", 2)):
        script = f"exec {sys.executable} -m archc {call} 2> /dev/full"
        done = subprocess.run(["/bin/sh", "-c", script], cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


AT_IMPORT = """
import os, signal, sys
class Finder:
    count = 0
    def find_spec(self, name, path=None, target=None):
        self.count += self.count > 0 or name == 'archc.cli'
        if self.count == {moment}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ['archc', 'validate', 'specs/resnet18.yaml', 'specs/torchvision/vgg.yaml']
from archc.__main__ import main
main()
"""


@pytest.mark.parametrize("moment", [1, 2, 5, 10, 25, 50, 75, 100, 125, 150])
def test_an_interrupt_while_something_is_imported(moment: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT.format(moment=moment)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (130, "Aborted!\n")


AT_CALL = """
import os, signal, sys
count = 0
def seen(frame, event, argument):
    global count
    count += event == 'call'
    if count == {moment}:
        os.kill(os.getpid(), signal.SIGINT)
sys.argv = ['archc', 'compile', 'specs/resnet18.yaml', '-o', {output!r}]
from archc.__main__ import main
import archc.cli.compile
sys.setprofile(seen)
main()
"""


@pytest.mark.parametrize("moment", [500, 1_000, 5_000, 10_000, 20_000, 30_000])
def test_an_interrupt_while_archc_works(moment: int, tmp_path: Path) -> None:
    script = AT_CALL.format(moment=moment, output=str(tmp_path / "net.py"))
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "Aborted!\n")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_in_a_callback() -> None:
    """Python prints and drops what is raised in one, such as a finaliser."""
    script = (
        "import sys; from archc.__main__ import _unraisable, Interrupted\n"
        "sys.unraisablehook = _unraisable\n"
        "class Callback:\n"
        "    def __del__(self): raise Interrupted\n"
        "Callback()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "Aborted!\n")


@pytest.mark.parametrize("command", ["ops", "schema", "--help", "validate specs/lenet_bn.yaml"])
def test_without_docstrings(command: str) -> None:
    call = [sys.executable, "-OO", "-m", "archc", *command.split()]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: `python -OO` is not supported: it drops texts that are shown\n"


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("torch", "weights"), ("torch", "verify"), ("torch", "compile --weights"),
        ("safetensors", "weights"), ("safetensors", "compile --weights"),
        ("torchvision", "verify"),
    ],
)  # fmt: skip
@pytest.mark.torch
def test_packages_that_are_not_installed(
    missing: str, command: str, weights: Path, tmp_path: Path
) -> None:
    arguments = {
        "weights": ["weights", str(GOOD), str(weights)],
        "verify": ["verify", str(GOOD), "--against", "torchvision:alexnet"],
        "compile --weights": [
            *("compile", str(GOOD), "--weights", str(weights), "-o", str(tmp_path / "net.py"))
        ],
    }[command]
    script = (
        "import sys\n"
        "class No:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] == {missing!r}: raise ImportError('blocked')\n"
        "sys.meta_path.insert(0, No())\n"
        f"sys.argv = ['archc', *{arguments!r}]\n"
        "from archc.__main__ import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: this needs {missing}: `pip install {missing}` (")
    assert len(done.stderr.splitlines()) == 1


def test_compile_in_python_without_torch() -> None:
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "import archc\n"
        f"print(archc.check({str(GOOD)!r}).name)\n"
        f"try: archc.compile({str(GOOD)!r})\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert first == "lenet_bn"
    assert second.startswith("this needs torch: `pip install torch` (")
