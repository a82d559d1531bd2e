"""Weights of files: what matches, renames, loading, writing. Torch and torchvision judge."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.torch import load_file, load_model, save_file
from torch import Tensor, nn
from torchvision.models import resnet18, resnet50, vgg11

import archc
from archc.cli import main
from archc.compiler import to_source
from archc.emit.python import root_class
from archc.ops.initialiser import INITIALISERS
from archc.runtime.weight_file import read_weights
from archc.runtime.weights import shapes_of
from archc.runtime.wrapped import WRAPPERS
from archc.weights.advice import advise
from archc.weights.comparison import Shapes, compare_keys
from archc.weights.propose import propose
from archc.weights.rename import Rename, RenameError, rename_keys
from archc.weights.selection import Selection

ROOT = Path(__file__).parent.parent
RESNET = {"spec": ROOT / "specs/torchvision/resnet.yaml", "variant": "resnet18"}

SPEC = """\
archc: 1
name: small
params: {classes: 2}
inputs: {image: [N, 1, 6, 6]}
graph:
  - {name: conv1, conv2d: {out_channels: 4, kernel_size: 3}}
  - {name: bn1, batch_norm2d}
  - relu
  - {name: again, apply: bn1}
  - flatten
  - {name: fc, linear: {out_features: $classes}}
"""

KEYS = [
    *("conv1.weight", "conv1.bias"),
    *("bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked"),
    *("fc.weight", "fc.bias"),
]

State = Mapping[str, Tensor]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spec, in a folder where the test runs."""
    monkeypatch.chdir(tmp_path)
    path = Path("small.yaml")
    path.write_text(SPEC)
    return path


def call(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module in evaluation, with every parameter and statistic random."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) * 0.2 + 0.01)
    return module.eval()


def state(seed: int = 0) -> dict[str, Tensor]:
    """Random weights of the small network."""
    module = archc.compile(archc.Spec.from_text(SPEC))
    return dict(randomised(module, seed).state_dict())


def here(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def same(one: State, other: State) -> bool:
    return list(one) == list(other) and all(
        one[key].dtype == other[key].dtype and torch.equal(one[key], other[key]) for key in one
    )


def imported(path: Path) -> Any:
    """The Python file at `path`, as a module."""
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


# Loading


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_torchvisions_weights_give_the_same_bits(ending: str, tmp_path: Path) -> None:
    theirs = randomised(resnet18())
    path = tmp_path / f"theirs.{ending}"
    if ending == "pth":
        torch.save(theirs.state_dict(), path)
    else:
        save_file(theirs.state_dict(), path)
    ours = archc.compile(**RESNET, weights=path).eval()
    assert same(ours.state_dict(), theirs.state_dict())
    image = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours(image), theirs(image))


def test_a_round_trip(tmp_path: Path) -> None:
    spec, path = ROOT / "specs/resnet18.yaml", tmp_path / "new" / "net.safetensors"
    before = randomised(archc.compile(spec))
    archc.save_weights(before, path)
    after = archc.compile(spec, weights=path)
    assert same(after.state_dict(), before.state_dict())
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    other = archc.compile(spec)
    assert load_model(other, path) == (set(), [])
    assert same(other.state_dict(), before.state_dict())


def test_parameters_are_the_modules_own(small: Path) -> None:
    """Neither tied to the file nor drawn at random; they train."""
    torch.save(state(), "w.pth")
    before = torch.get_rng_state()
    module = archc.compile(small, weights="w.pth")
    assert torch.equal(torch.get_rng_state(), before)
    torch.save(state(seed=1), "w.pth")
    assert same(module.state_dict(), state())
    module(torch.rand(2, 1, 6, 6)).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    assert module.training


@pytest.mark.parametrize("init", INITIALISERS)
def test_whatever_the_weights_would_have_started_as(init: str, tmp_path: Path) -> None:
    """Also by `trunc_normal_`, which draws until all is within its bounds, in two ways. A tensor so
    large starts at zero in fresh memory: outside the bounds.
    """
    given = {
        "constant": "{val: 3}",
        "trunc_normal": "{mean: 1.5, a: 1.0, b: 2.0, std: $std}",
    }.get(init, "{}")
    spec = archc.Spec.from_text(f"""
archc: 1
name: small
params: {{std: 0.1}}
inputs: {{image: [N, 3, 6, 6]}}
init: {{conv2d: {{weight: {{{init}: {given}}}}}}}
graph: [{{conv2d: {{out_channels: 9999, kernel_size: 3}}}}, {{when: $(std > 0), relu}}]
""")
    before = archc.compile(spec)
    archc.save_weights(before, tmp_path / "w.safetensors")
    for std in (0.1, 9.0):
        seed = torch.get_rng_state()
        after = archc.compile(spec, params={"std": std}, weights=tmp_path / "w.safetensors")
        assert torch.equal(torch.get_rng_state(), seed)
        assert same(after.state_dict(), before.state_dict())


def test_constants_stay(tmp_path: Path) -> None:
    """Buffers that no `state_dict` has are those of the source."""
    spec = ROOT / "tests/cases/affine.yaml"
    wrapped = archc.Spec.from_text(
        f"{spec.read_text()}  - {{name: last, layer_norm: {{normalized_shape: 2}}}}\n"
    )
    before = archc.compile(wrapped)
    archc.save_weights(before, tmp_path / "w.safetensors")
    after = archc.compile(wrapped, weights=tmp_path / "w.safetensors")
    x = torch.rand(1, 3, 5, 2)
    assert torch.equal(after(x), before(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions(dtype: torch.dtype, small: Path) -> None:
    """The module's types are the network's, a file's stay the file's."""
    cast = {key: value.to(dtype) if value.ndim else value for key, value in state().items()}
    save_file(cast, "half.safetensors")
    module = archc.compile(small, weights="half.safetensors")
    assert same(module.state_dict(), {k: v.to(state()[k].dtype) for k, v in cast.items()})
    result = call("compile", str(small), "-o", "net.py", "--weights", "half.safetensors")
    assert result.exit_code == 0
    assert same({key: load_file("net.safetensors")[key] for key in cast}, cast)
    loaded = imported(Path("net.py")).Small()
    load_model(loaded, "net.safetensors")
    assert same(loaded.state_dict(), module.state_dict())


# Files


def test_wrappers(small: Path) -> None:
    for wrapper in WRAPPERS:
        torch.save({wrapper: state(), "epoch": 3, "optimizer": {"state": {}}}, "w.pth")
        assert read_weights("w.pth").name == f"w.pth (`{wrapper}`)"
        assert same(archc.compile(small, weights="w.pth").state_dict(), state())
    for legacy in (True, False):
        torch.save(state(), "w.pth", _use_new_zipfile_serialization=not legacy)
        assert same(archc.compile(small, weights="w.pth").state_dict(), state())


@pytest.mark.parametrize(
    ("wrap", "place"),
    [
        (lambda sd: {"ema": sd}, "ema"),
        (lambda sd: {"net": sd, "epoch": 3, "loss": torch.ones(())}, "net"),
        (lambda sd: {"model": {"state_dict": sd}}, "model.state_dict"),
        (lambda sd: {"model": {"depth": 18}, "state_dict_ema": sd}, "state_dict_ema"),
        (lambda sd: {"net": sd, "optimizer": {"state": {0: {"step": torch.ones(())}}}}, "net"),
        (lambda sd: {"net": sd, "hooks": {}}, "net"),
        (lambda sd: {"net": sd, "groups": {0: torch.ones(1)}}, "net"),
        (lambda sd: {"net": sd, 0: {"step": torch.ones(1)}}, "net"),
        (lambda sd: {"ema": {"a": torch.ones(1)}, "model": sd}, "model"),
        (lambda sd: {"model": {"a": torch.ones(1)}, "state_dict": sd}, "state_dict"),
    ],
)
def test_the_only_names_with_tensors(
    wrap: Callable[[State], Mapping[str, Any]], place: str, small: Path
) -> None:
    torch.save(wrap(state()), "w.pth")
    assert read_weights("w.pth").name == f"w.pth (`{place}`)"
    assert same(archc.compile(small, weights="w.pth").state_dict(), state())


def test_the_user_chooses_among_several(small: Path) -> None:
    torch.save({"net": {"ema": state(seed=1), "now": state()}, "epoch": 3}, "w.pth")
    with pytest.raises(archc.FileError, match=r"`net\.ema`, `net\.now`: choose one by `--key`"):
        archc.compile(small, weights="w.pth")
    result = call("weights", "small.yaml", "w.pth", "--key", "net.now", "-o", "new")
    assert (result.exit_code, result.output) == (0, "w.pth (`net.now`): all 9 keys match\n")
    assert same({key: load_file("new")[key] for key in KEYS}, state())
    module = archc.compile(small, weights="w.pth", key="net.ema")
    assert same(module.state_dict(), state(seed=1))
    torch.save({"model": state(), "ema": state(seed=1)}, "w.pth")
    result = call("compile", "small.yaml", "-o", "n.py", "--weights", "w.pth", "--key", "ema")
    assert result.exit_code == 0
    assert same({key: load_file("n.safetensors")[key] for key in KEYS}, state(seed=1))


@pytest.mark.parametrize("key", ["", "nett", "epoch", "net.conv1"])
def test_nothing_under_the_key(key: str, small: Path) -> None:
    torch.save({"net": state(), "epoch": 3}, "w.pth")
    result = call("weights", "small.yaml", "w.pth", "--key", key)
    assert (result.exit_code, result.stderr) == (
        2,
        f"error: w.pth has no `state_dict` under `{key}`, but `net`\n",
    )
    torch.save(state(), "w.pth")
    with pytest.raises(archc.FileError, match=f"^w.pth has no `state_dict` under `{key}`$"):
        archc.compile(small, weights="w.pth", key=key)
    save_file(state(), "w.safetensors")
    with pytest.raises(archc.FileError, match="its tensors are not under a key"):
        archc.compile(small, weights="w.safetensors", key=key)


def test_of_many_places_the_first_are_named(small: Path) -> None:
    torch.save({f"n{k}": {"a": torch.ones(1)} for k in range(99)}, "w.pth")
    with pytest.raises(archc.FileError, match=r"s, `n0`, .*, `n9`, …: choose one by `--key`"):
        read_weights("w.pth")


def test_content_counts_and_not_the_name(small: Path) -> None:
    torch.save(state(), "w.safetensors")
    save_file(state(), "w.pth")
    for name in ("w.safetensors", "w.pth"):
        assert same(archc.compile(small, weights=name).state_dict(), state())


class Bomb:
    """An object whose pickle makes a folder when it is loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("boom",)


def saved(content: Any, **settings: Any) -> Callable[[Path], object]:
    return lambda path: torch.save(content, path, **settings)


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def cut(path: Path) -> None:
    torch.save(state(), path)
    path.write_bytes(path.read_bytes()[:-200])


def cut_safetensors(path: Path) -> None:
    save_file(state(), path)
    path.write_bytes(path.read_bytes()[:-20])


HEADER = b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'

REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "cannot read w: no such file or directory"),
    "folder": (Path.mkdir, "w is a directory, not a file"),
    "fifo": (os.mkfifo, "w is not a regular file"),
    "empty": (written(b""), "w is empty"),
    "text": (written(b"<!DOCTYPE html>"), "is neither a safetensors file nor one of `torch.save`"),
    "cut": (cut, "is neither a safetensors file nor one of `torch.save`, or it is damaged"),
    "cut safetensors": (cut_safetensors, "w is damaged: "),
    "too large": (written(len(HEADER).to_bytes(8, "little") + HEADER), "w is damaged: "),
    "no end": (written(b"\xff" * 8 + b"{"), "w is damaged: "),
    "pickled bomb": (lambda path: path.write_bytes(pickle.dumps(Bomb(), 2)), "Python objects (`"),
    "saved bomb": (saved({"a": Bomb()}), "w holds Python objects (`posix.mkdir`)"),
    "legacy bomb": (
        saved({"a": Bomb()}, _use_new_zipfile_serialization=False),
        "w holds Python objects (`posix.mkdir`)",
    ),
    "module": (saved(nn.Linear(1, 1)), "w holds Python objects (`torch.nn.modules.linear.Linear`)"),
    "list": (saved([1]), "w holds a value of type `list`, not names with tensors"),
    "tensor": (saved(torch.ones(2, 3)), "w holds a tensor [2, 3], not names with tensors"),
    "no tensors": (saved({}), "w holds no tensors"),
    "other values": (saved({"a": torch.ones(1), "epoch": 3}), "holds a value of type `int` under"),
    "other names": (saved({3: torch.ones(1)}), "it holds a tensor [1] under 3"),
    "nested": (saved({"net": state}), "Python objects"),
    "too deep": (
        saved({"a": {"b": {"c": {"d": torch.ones(1)}}}}),
        "type `dict` under 'a'. Save the",
    ),
    "known but mixed": (
        saved({"ema": {"a": torch.ones(1)}, "model": {"a": torch.ones(1), "epoch": 3}}),
        "w (`model`) is no `state_dict`: it holds a value of type `int` under 'epoch'",
    ),
    "several": (
        saved({"ema": {"a": torch.ones(1)}, "nets": {"d\x1b": {"a": torch.ones(1)}}}),
        "w has several `state_dict`s, `ema`, `nets.d\\x1b`: choose one by `--key`, in Python `key",
    ),
    "pair": (
        saved(({"a": torch.ones(1)}, {"a": torch.ones(1)})),
        "type `tuple`, not names with tensors: save one `state_dict()` of it alone, or each in a ",
    ),
    "sparse": (saved({"a": torch.ones(2).to_sparse()}), "a sparse, quantised or complex tensor"),
    "complex": (saved({"a": torch.ones(1) * 1j}), "a sparse, quantised or complex tensor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_without_weights(name: str, small: Path) -> None:
    make, says = REFUSED[name]
    make(Path("w"))
    with pytest.raises(archc.FileError) as caught:
        archc.compile(small, weights="w")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    for arguments in (
        ["weights", "small.yaml", "w"],
        ["compile", "small.yaml", "-o", "net.py", "--weights", "w"],
    ):
        result = call(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"error: {caught.value}\n"
        assert not Path("net.py").exists()
    assert not Path("boom").exists()


def test_the_bomb_is_one(small: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(), 2))
    assert Path("boom").is_dir()


def test_archives_that_torch_save_did_not_write(small: Path) -> None:
    from zipfile import ZIP_DEFLATED, ZipFile

    torch.save(state(), "w.pth")
    with ZipFile("w.pth") as before, ZipFile("deflated", "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
    with pytest.raises(archc.FileError, match="deflated is a compressed archive"):
        read_weights("deflated")
    with ZipFile("script", "w") as archive:
        archive.writestr("net/constants.pkl", b"")
    with pytest.raises(archc.FileError, match="script is a TorchScript archive"):
        read_weights("script")


def test_damaged_files_are_refused_or_read(tmp_path: Path) -> None:
    """A byte changed, 60 times in each format: no other error."""
    from random import Random

    random, path = Random(0), tmp_path / "w"
    for make in (
        saved(state()),
        saved(state(), _use_new_zipfile_serialization=False),
        lambda path: save_file(state(), path),
    ):
        make(path)
        whole = path.read_bytes()
        for _ in range(60):
            at = random.randrange(len(whole))
            path.write_bytes(whole[:at] + bytes([random.randrange(256)]) + whole[at + 1 :])
            try:
                read_weights(path)
            except archc.FileError as error:
                assert str(error).startswith(str(path))  # noqa: PT017  (both ways are right)


# Renames


@pytest.mark.parametrize(
    ("rename", "before", "after"),
    [
        ("module=", "module.conv1.weight", "conv1.weight"),
        ("module=", "modules.conv1.weight", "modules.conv1.weight"),
        ("module=", "a.module.weight", "a.module.weight"),
        ("module=", "module", "module"),
        ("=backbone", "conv1.weight", "backbone.conv1.weight"),
        ("=a.b", "weight", "a.b.weight"),
        ("fc=head.fc", "fc.weight", "head.fc.weight"),
        ("features.0=stem", "features.0.weight", "stem.weight"),
        ("features.0=stem", "features.00.weight", "features.00.weight"),
        (".norm.1=.norm1", "a.norm.1.weight", "a.norm1.weight"),
        (".norm.1=.norm1", "norm.1.weight", "norm1.weight"),
        (".a=.b.c", "a.x.a.weight", "b.c.x.b.c.weight"),
        (".a.a=.b", "a.a.a.w", "b.a.w"),
        (".gamma=.weight", "bn.gamma", "bn.weight"),
        (".module=", "a.module.module.weight", "a.weight"),
        (".module=", "module", "module"),
    ],
)
def test_a_rename(rename: str, before: str, after: str) -> None:
    parsed = Rename.parse(rename)
    assert str(parsed) == rename
    assert ".".join(parsed.apply(tuple(before.split(".")))) == after


@pytest.mark.parametrize(
    ("rename", "says"),
    [
        ("module", "`module` is not OLD=NEW"),
        ("=", "`=` renames nothing"),
        (".=.a", "`.=.a` renames nothing"),
        (".a=b", "with a dot before OLD there is one before NEW, too"),
        ("a=.b", "between dots there is a name"),
        ("a..b=c", "between dots there is a name"),
        ("a.=b", "between dots there is a name"),
    ],
)
def test_no_rename(rename: str, says: str, small: Path) -> None:
    with pytest.raises(RenameError, match=says):
        Rename.parse(rename)
    torch.save(state(), "w.pth")
    with pytest.raises(ValueError, match=says):
        archc.compile(small, weights="w.pth", rename=[rename])
    result = call("weights", "small.yaml", "w.pth", "--rename", rename)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_renames_apply_in_order_and_fit() -> None:
    keys = ["module.0.w", "module.1.w"]
    in_order = [Rename.parse(text) for text in ("module=", "1=2", "0=1")]
    assert rename_keys(keys, in_order) == {"1.w": "module.0.w", "2.w": "module.1.w"}
    with pytest.raises(RenameError, match=r"`module.0.w` and `module.1.w` would both be `1.w`"):
        rename_keys(keys, [Rename.parse("module.0=1"), Rename.parse("module=")])
    with pytest.raises(RenameError, match=r"^`a.\\x1b` and `b.\\x1b` would both be `b.\\x1b`$"):
        rename_keys(["a.\x1b", "b.\x1b"], [Rename.parse("a=b")])
    with pytest.raises(RenameError, match="`modul=` changes no key of the file"):
        rename_keys(keys, [Rename.parse("modul=")])


# Drops


@pytest.mark.parametrize(
    ("drops", "kept"),
    [
        (["loss"], ["lossy.w", "net.loss.w", "net.w"]),
        (["loss.w"], ["loss", "lossy.w", "net.loss.w", "net.w"]),
        (["net"], ["loss", "loss.w", "lossy.w"]),
        (["net.loss", "lossy.w"], ["loss", "loss.w", "net.w"]),
    ],
)
def test_what_is_dropped(drops: list[str], kept: list[str]) -> None:
    keys = ["loss", "loss.w", "lossy.w", "net.loss.w", "net.w"]
    assert list(Selection.parse(None, drops, []).apply(keys)) == kept


@pytest.mark.parametrize("drops", [["los"], ["w"], [""], ["loss", "loss.w"]])
def test_a_drop_of_nothing(drops: list[str], small: Path) -> None:
    torch.save({**state(), "loss.w": torch.ones(1)}, "w.pth")
    says = f"`{drops[-1]}` drops no key of the file"
    with pytest.raises(ValueError, match=says):
        archc.compile(small, weights="w.pth", drop=drops)
    options = [f"--drop={drop}" for drop in drops]
    for arguments in (
        ["weights", "small.yaml", "w.pth"],
        ["compile", "small.yaml", "-o", "net.py", "--weights", "w.pth"],
    ):
        result = call(*arguments, *options)
        assert (result.exit_code, result.stdout) == (2, "")
        assert says in result.stderr


def test_drops_come_before_renames(small: Path) -> None:
    """What is dropped is in the way of no rename, and is called as in the file."""
    averaged = {f"module.{key}": value for key, value in state().items()}
    torch.save({**averaged, "fc.bias": torch.ones(2), "n_averaged": torch.ones(())}, "w.pth")
    drops, renames = ["n_averaged", "fc"], ["module="]
    module = archc.compile(small, weights="w.pth", drop=drops, rename=renames)
    assert same(module.state_dict(), state())
    options = ["--rename", "module=", "--drop", "n_averaged", "--drop", "fc"]
    result = call("weights", "small.yaml", "w.pth", *options, "-o", "new")
    assert (result.exit_code, result.output) == (0, "w.pth: all 9 keys match\n")
    result = call("compile", "small.yaml", "-o", "n.py", "--weights", "w.pth", *options)
    assert result.exit_code == 0
    for name in ("new", "n.safetensors"):
        assert same({key: load_file(name)[key] for key in KEYS}, state())


def test_arguments_that_need_a_file_of_weights(small: Path) -> None:
    for arguments in ({"rename": ["a=b"]}, {"drop": ["a"]}, {"key": "ema"}, {"key": ""}):
        with pytest.raises(ValueError, match="need `weights`, a file with keys"):
            archc.compile(small, **arguments)
    for name in ("drop", "rename"):
        with pytest.raises(TypeError, match=rf"`{name}` is a list .*: `{name}=\['module='\]`"):
            archc.compile(small, weights="w.pth", **{name: "module="})
    with pytest.raises(TypeError, match="`weights` is the path of a file; a `state_dict` is for"):
        archc.compile(small, weights=state())


def shapes(*keys: str) -> dict[str, tuple[int, ...]]:
    return {key: (3, 3) if key.endswith("weight") else (3,) for key in keys}


def block(*paths: str) -> dict[str, tuple[int, ...]]:
    return shapes(*(f"{path}.{name}" for path in paths for name in ("weight", "bias")))


@pytest.mark.parametrize(
    ("network", "file", "renames"),
    [
        (block("conv1", "fc"), block("module.conv1", "module.fc"), ["module="]),
        (block("conv1", "fc"), block("a.b.conv1", "a.b.fc"), ["a.b="]),
        (block("m.conv1", "m.fc"), block("conv1", "fc"), ["=m"]),
        (block("a.conv1", "fc"), block("conv1", "fc"), ["conv1=a.conv1"]),
        (block("a", "head"), block("a", "fc"), ["fc=head"]),
        (block("stem.0", "stem.1"), block("features.0", "features.1"), ["features=stem"]),
        (
            block("l.0.norm1", "l.1.norm1", "l.0.norm2"),
            block("l.0.norm.1", "l.1.norm.1", "l.0.norm.2"),
            [".norm.1=.norm1", ".norm.2=.norm2"],
        ),
        (block("stem", "head"), block("0", "3"), ["0=stem", "3=head"]),
        ({"1.w": (3,), "2.w": (4,)}, {"0.w": (3,), "1.w": (4,)}, ["1=2", "0=1"]),
        (block("a.x.c", "b.x.c"), block("a.c", "b.c"), [".c=.x.c"]),
        (
            block("bn1", "bn2"),
            shapes(*(f"bn{n}.{name}" for n in "12" for name in ("bias", "kernel_weight"))),
            [".kernel_weight=.weight"],
        ),
        (block("a", "b"), block("model.extra", "model.a", "model.b"), ["model="]),
        (block("model.extra", "model.a", "model.b"), block("a", "b"), ["=model"]),
        (block("a"), block("student.a", "teacher.a"), ["student="]),
    ],
)
def test_proposals(
    network: dict[str, tuple[int, ...]], file: dict[str, tuple[int, ...]], renames: list[str]
) -> None:
    proposal = propose(network, file)
    assert proposal is not None
    assert [str(rename) for rename in proposal.renames] == renames
    named = rename_keys(file, proposal.renames)
    after = compare_keys(network, {new: file[old] for new, old in named.items()})
    assert len(after.matching) == proposal.matches == min(len(network), len(file))


def test_no_proposal() -> None:
    assert propose(block("a"), block("a")) is None
    assert propose(block("a"), {"a.weight": (9,), "a.bias": (9,)}) is None
    assert propose(block("a"), {}) is None
    # what no OLD=NEW can say
    assert propose({"a": (1,)}, {"x=y": (1,)}) is None
    assert propose({"a.w": (1,)}, {"..w": (1,)}) is None
    # what a terminal would obey
    assert propose({"a.w": (1,)}, {"\x1b[31m.a.w": (1,)}) is None


def test_too_few_would_match() -> None:
    """Fewer than two thirds of the network's, whatever the file's."""
    names = [f"l{k}" for k in range(9)]
    network = block(*names)
    for count in (5, 6):
        proposal = propose(network, block(*(f"m.{name}" for name in names[:count])))
        assert (proposal is not None) == (count == 6)


def test_another_network_of_the_zoo() -> None:
    """Equal shapes are in all of them."""
    resnet = archc.check(**RESNET)
    keys = shapes_of(to_source(resnet), root_class(resnet))
    with torch.device("meta"):
        files = [vgg11().state_dict(), resnet50().state_dict()]
    for file in files:
        assert propose(keys, {key: tuple(value.shape) for key, value in file.items()}) is None


def advised(network: Shapes, file: Shapes, *renames: str) -> tuple[list[str], list[str], list[str]]:
    """The drops and renames of an advice, and what would be left."""
    advice = advise(network, file, Selection.parse(None, [], renames))
    assert advice is not None
    found = advice.selection
    return [*found.drops], [*map(str, found.renames)], [*advice.after.left]


def test_drops_are_proposed() -> None:
    network = block("conv1", "fc")
    averaged = block("module.conv1", "module.fc") | {"n_averaged": ()}
    assert advised(network, averaged) == (["n_averaged"], ["module="], [])
    assert advised(network, averaged, "module=") == (["n_averaged"], ["module="], [])
    lightning = block("model.conv1", "model.fc", "loss.a", "model.loss.b")
    assert advised(network, lightning) == (["loss", "model.loss"], ["model="], [])
    assert advised(network, block("conv1", "fc", "fc.aux")) == (["fc.aux"], [], [])
    # called as in the file, whatever the renames
    inner = block("m.conv1", "m.fc")
    assert advised(inner, block("conv1", "fc", "loss"), "=m") == (["loss"], ["=m"], [])
    # beside those of the user
    advice = advise(network, averaged | {"x": ()}, Selection(drops=("x",)))
    assert advice is not None
    assert advice.selection == Selection(None, ("x", "n_averaged"), (Rename.parse("module="),))


def test_what_is_left_where_no_drop_is_proposed() -> None:
    network = block("conv1", "fc")
    left = block(*(f"l{k}" for k in range(4)))
    assert advised(network, block("conv1", "fc") | left)[0] == ["l0", "l1", "l2", "l3"]
    # a part of a larger network
    assert advise(network, block("conv1", "fc") | left | {"l4": ()}) is None
    prefixed = block("m.conv1", "m.fc", *(f"m.l{k}" for k in range(5)))
    assert advised(network, prefixed) == ([], ["m="], [key[2:] for key in prefixed][4:])
    # the network's keys do not all match
    assert advised(
        network, shapes("m.conv1.weight", "m.conv1.bias", "m.fc.weight") | {"x": ()}
    ) == ([], ["m="], ["x"])
    # a rename of the user's is for what is left alone, a terminal would obey, no drop is apart
    assert (
        advise(network, block("conv1", "fc", "b"), Selection(renames=(Rename.parse("b=c"),)))
        is None
    )
    assert advise(network, block("conv1", "fc") | {"": ()}) is None
    assert advise(network, block("conv1", "fc") | {"fc": ()}) is None


def test_what_is_too_much_to_try_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Rename] = []
    monkeypatch.setattr(Rename, "apply", lambda rename, key: tried.append(rename) or key)
    monkeypatch.setattr("archc.weights.propose.MOST_WORK", 1)
    assert propose(block("a", "b"), block("m.a", "m.b")) is None
    assert tried == []


def test_a_proposal_ends() -> None:
    """Where each rename is for one key, and there would be hundreds."""
    network = {f"a{k}.weight": (1,) for k in range(450)}
    proposal = propose(network, {f"b{k}.c{k}.weight": (1,) for k in range(450)})
    assert proposal is not None
    assert 300 <= len(proposal.renames) == proposal.matches < 450


def test_the_keys_of_densenets_published_files() -> None:
    """As torchvision's `densenet._load_state_dict` renames them."""
    network = archc.check(ROOT / "specs/torchvision/densenet.yaml", variant="densenet121")
    keys = shapes_of(to_source(network), root_class(network))
    pattern = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))([12]\.)")
    file = {pattern.sub(r"\1.\2", key): shape for key, shape in keys.items()}
    assert file.keys() != keys.keys()
    proposal = propose(keys, file)
    assert proposal is not None
    assert [*map(str, proposal.renames)] == [
        *(".norm.1=.norm1", ".norm.2=.norm2", ".conv.1=.conv1", ".conv.2=.conv2")
    ]
    assert proposal.matches == len(keys)
    assert list(rename_keys(file, proposal.renames)) == list(keys)


def test_torchvisions_network_under_other_names() -> None:
    network = archc.check(**RESNET)
    keys = shapes_of(to_source(network), root_class(network))

    def other(key: str) -> str:
        key = key.replace("layer", "stages.").replace("downsample.0", "shortcut.conv")
        key = key.replace("downsample.1", "shortcut.norm").replace("fc", "head.fc")
        return f"module.{key}"

    file = {other(key): shape for key, shape in keys.items() if not key.endswith("tracked")}
    proposal = propose(keys, file)
    assert proposal is not None
    assert proposal.matches == len(file) == 102
    assert len(proposal.renames) <= 8
    named = rename_keys(file, proposal.renames)
    assert all(other(new) == old for new, old in named.items())


# archc weights


def test_all_keys_match(small: Path) -> None:
    torch.save(state(), "w.pth")
    result = call("weights", "small.yaml", "w.pth")
    assert (result.exit_code, result.output) == (0, "w.pth: all 9 keys match\n")


def test_files_from_before_batches_were_counted(small: Path) -> None:
    old = state()
    del old["bn1.num_batches_tracked"]
    torch.save(old, "w.pth")
    result = call("weights", "small.yaml", "w.pth", "-o", "new.safetensors")
    assert (result.exit_code, result.output) == (
        0,
        "w.pth: all 8 keys match\n1 `num_batches_tracked`, which older files lack, start at 0\n",
    )
    assert same({key: load_file("new.safetensors")[key] for key in KEYS}, state())
    assert same(archc.compile(small, weights="w.pth").state_dict(), state())


def test_a_file_under_a_name_that_no_file_can_have(small: Path) -> None:
    torch.save(state(), "w.pth")
    result = call("weights", "small.yaml", "w.pth", "-o", "x" * 300)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "File name too long" in result.stderr


def test_what_does_not_match(small: Path) -> None:
    other = state()
    del other["conv1.bias"], other["bn1.running_var"]
    other["extra.weight"] = torch.ones(7)
    other["fc.weight"] = torch.ones(5, 64)
    other["bad\n\x1b[31m" + "x" * 300] = torch.ones(7)
    torch.save(other, "w.pth")
    report = f"""\
w.pth: 6 of 9 keys match
missing: the file lacks 2 keys
  conv1.bias [4]
  bn1.running_var [4]
left: the network lacks 2 keys
  extra.weight [7]
  bad\\n\\x1b[31m{"x" * 186}…
differing: the file has another shape for 1 key
  fc.weight [2, 64], in the file [5, 64]
"""
    report = report.replace("…\n", "… [7]\n")
    result = call("weights", "small.yaml", "w.pth")
    assert (result.exit_code, result.stdout, result.stderr) == (1, report, "")
    with pytest.raises(archc.WeightsError) as caught:
        archc.compile(small, weights="w.pth")
    assert f"{caught.value}\n" == report
    assert list(caught.value.comparison.missing) == ["conv1.bias", "bn1.running_var"]
    result = call("compile", "small.yaml", "-o", "net.py", "--weights", "w.pth")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"error: {report}")
    assert not Path("net.py").exists()
    assert call("weights", "small.yaml", "w.pth", "-o", "new.safetensors").exit_code == 1
    assert not Path("new.safetensors").exists()


def test_one_key_less_or_more(small: Path) -> None:
    less, more = state(), {**state(), "extra": torch.ones(7)}
    del less["fc.bias"]
    for weights, says in ((less, "8 of 9 keys match"), (more, "9 of 9 keys match")):
        torch.save(weights, "w.pth")
        with pytest.raises(archc.WeightsError, match=says):
            archc.compile(small, weights="w.pth")
        result = call("weights", "small.yaml", "w.pth", "-o", "new.safetensors")
        assert result.exit_code == 1
        assert result.stdout.startswith(f"w.pth: {says}\n")
        assert not Path("new.safetensors").exists()


def test_of_many_keys_the_first_are_shown(small: Path) -> None:
    torch.save({f"{k}": torch.ones(77) for k in range(1_234)}, "w.pth")
    result = call("weights", "small.yaml", "w.pth")
    assert "left: the network lacks 1,234 keys\n  0 [77]\n" in result.stdout
    assert result.stdout.endswith("  9 [77]\n  … and 1,224 more\n")
    assert len(result.stdout.splitlines()) == 1 + 9 + 1 + 11


def test_as_json(small: Path) -> None:
    torch.save({f"module.{key}": value for key, value in state().items()}, "w.pth")
    result = call("weights", "small.yaml", "w.pth", "--format", "json")
    assert result.exit_code == 1
    content = json.loads(result.stdout)
    assert content["file"] == "w.pth"
    assert content["complete"] is False
    assert content["missing"]["fc.weight"] == [2, 64]
    assert list(content["left"]) == [f"module.{key}" for key in KEYS]
    assert content["proposal"] == {
        "drop": [],
        "rename": ["module="],
        "matches": 9,
        "left": [],
    }
    arguments = ["weights", "small.yaml", "w.pth", "--rename", "module=", "--format", "json"]
    assert json.loads(call(*arguments).stdout) == {
        "file": "w.pth",
        "complete": True,
        "matching": KEYS,
        "missing": {},
        "left": {},
        "differing": {},
        "uncounted": [],
        "proposal": None,
    }


def test_the_proposal_works_as_it_is_said(small: Path) -> None:
    """The options, pasted; and the argument, for Python."""
    torch.save({f"module.{key}": value for key, value in state().items()}, "w.pth")
    says = "would match 9 of 9 keys"
    result = call("weights", "small.yaml", "w.pth")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith("w.pth: 0 of 9 keys match\n")
    assert result.stdout.endswith(f"\nhelp: `--rename module=` {says}\n")
    result = call("weights", "small.yaml", "w.pth", "--rename", "module=", "-o", "new.safetensors")
    assert result.exit_code == 0
    assert same({key: load_file("new.safetensors")[key] for key in KEYS}, state())

    with pytest.raises(archc.WeightsError) as caught:
        archc.compile(small, weights="w.pth")
    assert str(caught.value).endswith(f"\nhelp: `rename=['module=']` {says}")
    module = archc.compile(small, weights="w.pth", rename=["module="])
    assert same(module.state_dict(), state())


def test_a_proposal_with_drops_works_as_it_is_said(small: Path) -> None:
    averaged = {f"module.{key}": value for key, value in state().items()}
    torch.save({"ema": {**averaged, "n av": torch.ones(())}, "net": state()}, "w.pth")
    arguments = ["weights", "small.yaml", "w.pth", "--key", "ema"]
    options, says = "--key ema --drop 'n av' --rename module=", "would match 9 of 9 keys"
    assert call(*arguments).stdout.endswith(f"\nhelp: `{options}` {says}\n")
    proposal = json.loads(call(*arguments, "--format", "json").stdout)["proposal"]
    assert proposal == {"drop": ["n av"], "rename": ["module="], "matches": 9, "left": []}
    assert call(*arguments[:3], *shlex.split(options)).exit_code == 0
    said = "key='ema', drop=['n av'], rename=['module=']"
    with pytest.raises(archc.WeightsError) as caught:
        archc.compile(small, weights="w.pth", key="ema")
    assert str(caught.value).endswith(f"\nhelp: `{said}` {says}")
    module = archc.compile(small, weights="w.pth", key="ema", drop=["n av"], rename=["module="])
    assert same(module.state_dict(), state())


def test_what_a_proposal_leaves_is_said(small: Path) -> None:
    more = state() | {f"l{k}": torch.ones(()) for k in range(9)}
    torch.save({f"module.{key}": value for key, value in more.items()}, "w.pth")
    result = call("weights", "small.yaml", "w.pth")
    assert result.stdout.endswith(
        "\nhelp: `--rename module=` would match 9 of 9 keys, and 9 keys would be left\n"
    )
    content = json.loads(call("weights", "small.yaml", "w.pth", "--format", "json").stdout)
    assert content["proposal"]["left"] == [f"l{k}" for k in range(9)]


def test_a_proposal_goes_on_from_the_renames_given(small: Path) -> None:
    names = {key: f"module.{key}".replace("fc", "a b") for key in KEYS}
    torch.save({names[key]: value for key, value in state().items()}, "w.pth")
    result = call(
        "compile", "small.yaml", "-o", "n.py", "--weights", "w.pth", "--rename", "module="
    )
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "\nhelp: `--rename module= --rename 'a b=fc'` would match 9 of 9 keys\n"
    )
    with pytest.raises(archc.WeightsError, match=r"rename=\['module=', 'a b=fc'\]"):
        archc.compile(small, weights="w.pth", rename=["module="])


def test_another_network(small: Path) -> None:
    torch.save(state(), "w.pth")
    result = call("weights", "-", "w.pth", "--set", "classes=3", stdin=SPEC)
    assert result.exit_code == 1
    assert "  fc.weight [3, 64], in the file [2, 64]\n" in result.stdout
    result = call("weights", "small.yaml", "w.pth", "--set", "classe=3")
    assert (result.exit_code, result.stdout) == (1, "")


# Writing


def test_compile_with_weights(small: Path) -> None:
    torch.save(state(), "w.pth")
    arguments = ["compile", "small.yaml", "-o", "out/net.py", "--weights", "w.pth"]
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == (
        "wrote out/net.safetensors: "
        '`safetensors.torch.load_model(module, "net.safetensors")` loads it\n'
    )
    assert here("out") == ["net.py", "net.safetensors"]
    assert Path("out/net.py").read_text() == to_source(archc.check(small))
    module = imported(Path("out/net.py")).Small()
    assert load_model(module, "out/net.safetensors") == (set(), [])
    assert same(module.state_dict(), state())


def test_the_same_weights_are_the_same_bytes(small: Path) -> None:
    torch.save(state(), "w.pth")
    for name in ("one", "two", "three", "four"):
        assert call("weights", "small.yaml", "w.pth", "-o", name).exit_code == 0
        assert Path(name).read_bytes() == Path("one").read_bytes()


def test_check(small: Path) -> None:
    torch.save(state(), "w.pth")
    torch.save(state(seed=1), "other.pth")
    arguments = ["compile", "small.yaml", "-o", "net.py", "--weights"]
    assert call(*arguments, "w.pth", "--check").exit_code == 1
    assert not Path("net.py").exists()
    assert call(*arguments, "w.pth").exit_code == 0
    result = call(*arguments, "w.pth", "--check")
    assert (result.exit_code, result.output) == (0, "")
    result = call(*arguments, "other.pth", "--check")
    assert (result.exit_code, result.output) == (
        1,
        "net.safetensors does not hold the weights of other.pth\n",
    )
    Path("net.safetensors").unlink()
    assert call(*arguments, "w.pth", "--check").exit_code == 1
    assert here() == ["net.py", "other.pth", "small.yaml", "w.pth"]


@pytest.mark.parametrize("command", ["compile", "weights"])
def test_a_file_of_another_is_kept(command: str, small: Path) -> None:
    torch.save(state(), "w.pth")
    arguments = {
        "compile": ["compile", "small.yaml", "-o", "net.py", "--weights", "w.pth"],
        "weights": ["weights", "small.yaml", "w.pth", "-o", "net.safetensors"],
    }[command]
    path = Path("net.safetensors")
    archc.save_weights(archc.compile(small), path)
    trained = path.read_bytes()
    for content in (trained, b"notes"):
        path.write_bytes(content)
        result = call(*arguments)
        assert result.exit_code == 2
        assert "net.safetensors was not written by archc; --force overwrites it" in result.stderr
        assert path.read_bytes() == content
        assert not Path("net.py").exists()
    assert call(*arguments, "--force").exit_code == 0
    assert same({key: load_file(path)[key] for key in KEYS}, state())
    torch.save(state(seed=1), "w.pth")
    assert call(*arguments).exit_code == 0
    assert same({key: load_file(path)[key] for key in KEYS}, state(seed=1))


@pytest.mark.parametrize("fails", ["replace", "fsync", "save"])
def test_a_failed_write_leaves_the_file(
    fails: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(state(), "w.pth")
    path = Path("out/net.safetensors")
    arguments = ["weights", "small.yaml", "w.pth", "-o", str(path)]
    assert call(*arguments).exit_code == 0
    before = path.read_bytes()
    torch.save(state(seed=1), "w.pth")

    def full(*_: Any, **__: Any) -> None:
        if fails == "save":
            from safetensors import SafetensorError

            raise SafetensorError("I/O error: No space left on device (os error 28)")
        raise OSError(28, "No space left on device")

    names = {"replace": "pathlib.Path.replace", "fsync": "os.fsync"}
    monkeypatch.setattr(names.get(fails, "archc.runtime.weight_file.save_file"), full)
    result = call(*arguments)
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    assert here("out") == ["net.safetensors"]
    assert path.read_bytes() == before
    if fails != "save":
        with pytest.raises(OSError, match="No space left"):
            archc.save_weights(archc.compile(small), path)
        assert path.read_bytes() == before


def test_tensors_of_any_layout(small: Path) -> None:
    """Views into one memory, transposed, the same twice."""
    weights = state()
    flat = torch.rand(8)
    weights["conv1.bias"], weights["bn1.bias"] = flat[:4], flat[2:6]
    weights["bn1.weight"] = weights["bn1.running_mean"] = flat[4:]
    weights["fc.weight"] = torch.rand(64, 2).t()
    weights["bn1.running_var"] = torch.ones(1).expand(4)
    torch.save(weights, "w.pth")
    assert call("weights", "small.yaml", "w.pth", "-o", "new").exit_code == 0
    assert same({key: load_file("new")[key] for key in KEYS}, weights)
    assert same(archc.compile(small, weights="w.pth").state_dict(), weights)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--weights", "w.pth"],
        ["--weights", "w.pth", "-o", "net.safetensors"],
        ["--weights", "w.pth", "-o", "net.py", "--emit", "network"],
        ["--rename", "a=b", "-o", "net.py"],
        ["--drop", "a", "-o", "net.py"],
        ["--key", "a", "-o", "net.py"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str], small: Path) -> None:
    torch.save(state(), "w.pth")
    result = call("compile", "small.yaml", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage:" in result.stderr
    assert here() == ["small.yaml", "w.pth"]
