"""How parameters start, with torch as the judge: `init` of documents and nodes."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision.models import get_model

import archc
from archc.analysis.same import same_meaning
from archc.document.loader import load
from archc.emit.spec import spec_text
from archc.network import Primitive
from archc.ops import OPERATIONS, operation_class
from archc.ops.initialiser import INITIALISERS, Nonlinearity
from random_networks import network, written
from test_torchvision import PRETRAINED, each_first, each_other
from test_torchvision import spec as zoo

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))

HEAD = "archc: 1\nname: net\ninputs: {image: [N, 3, 8, 8]}\n"
CONV = "conv2d: {out_channels: 3, kernel_size: 1}"


def checked(text: str, **choices: Any) -> archc.Network:
    return archc.check(archc.Spec.from_text(HEAD + text), **choices)


def compiled(text: str, **choices: Any) -> nn.Module:
    return archc.compile(archc.Spec.from_text(HEAD + text), **choices)


def codes(text: str) -> list[str]:
    with pytest.raises(archc.SpecError) as caught:
        checked(text)
    return [found.code.code for found in caught.value.diagnostics]


def variants(path: Path) -> list[archc.Network]:
    """The networks of a case."""
    spec = archc.Spec.from_file(path)
    names = load(spec.source, spec.folder).document.variants or [None]
    return [archc.check(path, variant=name) for name in names]


def starting(network: archc.Network) -> list[Primitive]:
    """The modules that have parameters."""
    whats = (visit.node.what for visit in network.primitives())
    return [
        what
        for what in whats
        if isinstance(what, Primitive) and what.operation.starts and what.call.style == "module"
    ]


# What operations say of their parameters is what torch's constructors do


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_parameters_start_as_operations_say(path: Path) -> None:
    for primitive in (each for one in variants(path) for each in starting(one)):
        if primitive.call.helper is not None:
            continue
        target = getattr(nn, primitive.call.target.removeprefix("nn."))
        torch.manual_seed(0)
        module = target(**primitive.call.arguments)
        present = dict(module.named_parameters())
        assert present.keys() <= primitive.operation.starts.keys()
        torch.manual_seed(0)
        ours = target(**primitive.call.arguments)
        with torch.no_grad():
            for parameter in ours.parameters():
                parameter.fill_(torch.nan)
        torch.manual_seed(0)
        for name, start in primitive.operation.starts.items():
            if name not in present or start == ():
                continue
            lines = (f"nn.init.{start}_(module.{name})",) if isinstance(start, str) else start
            exec("\n".join(lines), {"nn": nn, "module": ours})  # noqa: S102 (ours)
            assert torch.equal(ours.get_parameter(name), present[name]), name


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_with_parameters_says_which(name: str) -> None:
    """The case of each operation has its parameters, in the order of `starts`."""
    path = Path(__file__).parent / "cases" / f"{name}.yaml"
    if not path.exists():
        return
    for visit in (visit for one in variants(path) for visit in one.primitives()):
        what = visit.node.what
        assert isinstance(what, Primitive)
        own = [weight.name for weight in what.weights if weight.trainable]
        assert own == [each for each in what.operation.starts if each in own]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_that_says_how_it_draws_says_it_of_all(name: str) -> None:
    """It is then made without values: each has to come from somewhere."""
    lines = operation_class(name).starts.values()
    assert not any(isinstance(each, tuple) and each for each in lines) or all(
        isinstance(each, tuple) and each for each in lines
    )


# What torch's initialisers refuse


ODD = (-1e30, -1.0, 0.0, 0.5, 1e30)


@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_takes_what_torch_takes(name: str) -> None:
    """All that archc takes fills a tensor with finite numbers, without a warning; what it calls
    unfit, torch refuses, but for a mean outside the bounds of trunc_normal: there torch may draw
    for ever.
    """
    declared, fill = INITIALISERS[name], getattr(nn.init, f"{name}_")
    own = declared.model_fields
    fields = [key for key in ("val", "mean", "std", "a", "b", "gain") if key in own]
    accepted = 0
    for values in itertools.product(ODD, repeat=len(fields)):
        arguments = dict(zip(fields, values, strict=True))
        try:
            init = declared.model_validate(arguments)
        except ValidationError:
            continue
        for shape in ((4,), (4, 3), (4, 3, 2)):
            reason = init.unfit(len(shape))
            if reason is None:
                assert torch.isfinite(fill(torch.empty(shape), **arguments)).all(), arguments
                accepted += 1
            elif "mean" not in reason:
                with pytest.raises((ValueError, RuntimeError)):
                    fill(torch.empty(shape), **arguments)
    assert accepted > 0


@pytest.mark.parametrize("name", get_args(Nonlinearity))
def test_nonlinearities_are_those_of_torch(name: str) -> None:
    nn.init.calculate_gain(name)


# What a spec says


EVERYWHERE = """
init:
  conv2d: {weight: {constant: {val: $fill}}, bias: ones}
  batch_norm2d: {weight: zeros, bias: ones}
  linear: {weight: {constant: {val: 3.0}}}
params: {fill: 2.0}
graph:
  - conv2d: {out_channels: 4, kernel_size: 3}
  - {name: own, conv2d: {out_channels: 4, kernel_size: 3}, init: {weight: {constant: {val: 5}}}}
  - {name: bare, conv2d: {out_channels: 4, kernel_size: 1, bias: false}}
  - batch_norm2d
  - {name: apart, batch_norm2d: {affine: false}}
  - residual: {out_channels: 4}
  - flatten
  - {name: fc, linear: {out_features: 2}}
"""


def test_the_document_says_it_for_all_and_a_node_for_itself() -> None:
    module = compiled(EVERYWHERE, params={"fill": 7.0})
    state = module.state_dict()
    for key, value in {
        "0.weight": 7,
        "0.bias": 1,
        "own.weight": 5,
        "own.bias": 1,
        "bare.weight": 7,
        "3.weight": 0,
        "3.bias": 1,
        "5.conv1.weight": 7,  # in a built-in block too
        "5.bn2.weight": 0,
        "fc.weight": 3,
    }.items():
        assert (state[key] == value).all(), key
    assert "bare.bias" not in state


def test_what_nobody_speaks_of_starts_as_torch_has_it_and_is_drawn_once() -> None:
    text = """
    init: {linear: {weight: {normal: {std: 3.0}}}, conv2d: {bias: zeros}}
    graph: [{conv2d: {out_channels: 9, kernel_size: 3}}, flatten, {linear: {out_features: 999}}]
    """
    with Draws() as draws:
        module = compiled(dedent(text))
    bias, kernel = module.get_parameter("2.bias"), module.get_parameter("0.weight")
    assert one_law(bias, nn.Linear(9 * 36, 999).bias)
    assert one_law(kernel, nn.Conv2d(3, 9, 3).weight)
    assert not module.get_parameter("0.bias").any()
    drawn = [kernel, module.get_parameter("2.weight"), bias]
    assert draws.count == {parameter.data_ptr(): 1 for parameter in drawn}


def test_each_call_of_a_block_starts_as_its_arguments_say() -> None:
    module = compiled(
        "blocks: {Filled: {params: {v: float}, graph: ["
        f"{{{CONV}, init: {{weight: {{constant: {{val: $v}}}}}}}}, relu]}}}}\n"
        "graph: [{Filled: {v: 1.0}}, {Filled: {v: 2.0}}]"
    )
    assert [module.get_parameter(f"{k}.0.weight").mean().item() for k in range(2)] == [1.0, 2.0]


def test_it_means_the_same_written_out() -> None:
    """Also where modules of one operation start in different ways, and in branches."""
    branch = f"{{{CONV}, init: {{weight: orthogonal}}}}"
    branches = f"graph: [{{{CONV}}}, {{add: {{a: {branch}, b: []}}}}]"
    for text in (EVERYWHERE, f"init: {{conv2d: {{bias: zeros}}}}\n{branches}"):
        network = checked(text)
        again = archc.check(archc.Spec.from_text(spec_text(network)))
        assert same_meaning(network, again) is None
        assert any(primitive.init for primitive in starting(again))


def test_what_holds_for_all_is_written_once() -> None:
    assert spec_text(archc.check(**zoo("vgg11"))).count("kaiming_normal") == 1


def test_what_torch_does_anyway_is_not_written() -> None:
    network = checked(
        "init: {batch_norm2d: {weight: ones, bias: zeros}}\ngraph: [batch_norm2d, relu]"
    )
    assert "nn.init" not in archc.to_source(network)


def test_a_name_of_a_parameter_does_not_hide_a_function() -> None:
    """A block's constructor has a parameter `conv2d`, and makes a convolution."""
    module = compiled(
        "init: {conv2d: {weight: zeros}}\n"
        "blocks: {Two: {params: {conv2d: int}, graph: ["
        "{conv2d: {out_channels: $conv2d, kernel_size: 1}}, relu]}}\n"
        "graph: [{Two: {conv2d: 4}}, {Two: {conv2d: 5}}, {add: {a: {Two: {conv2d: 6}}, b: {conv2d: "
        "{out_channels: 6, kernel_size: 1}}}}]"
    )
    assert not module.get_parameter("0.0.weight").any()
    assert module.get_parameter("1.0.weight").shape == (5, 4, 1, 1)


@pytest.mark.parametrize(("own", "functions"), [("", 1), (", init: {weight: zeros}", 3)])
def test_modules_with_a_bias_and_without_start_alike_unless_a_node_objects(
    own: str, functions: int
) -> None:
    bare = "{conv2d: {out_channels: 3, kernel_size: 1, bias: false}}"
    graph = f"[{bare}, {{{CONV}}}, {{{CONV}{own}}}]"
    text = f"init: {{conv2d: {{weight: ones, bias: ones}}}}\ngraph: {graph}"
    assert archc.to_source(checked(text)).count("def conv2d") == functions
    state = compiled(text).state_dict()
    assert [*state] == ["0.weight", "1.weight", "1.bias", "2.weight", "2.bias"]
    assert all((value == 1).all() for key, value in state.items() if key != "2.weight")
    assert (state["2.weight"] == (not own)).all()


def test_a_network_may_be_called_any() -> None:
    text = f"init: {{conv2d: {{weight: ones}}}}\ngraph: [{{{CONV}}}]"
    network = archc.check(archc.Spec.from_text(f"{HEAD}{text}\n".replace("name: net", "name: any")))
    assert "class Any_(" in archc.to_source(network)


@pytest.mark.parametrize("norm", ["layer_norm2d", "group_norm: {num_groups: 3}", "prelu"])
def test_any_module_with_parameters(norm: str) -> None:
    name = norm.partition(":")[0]
    rest = norm.partition(": ")[2] or "{}"
    text = f"init: {{{name}: {{weight: {{constant: {{val: 4}}}}}}}}\ngraph: [{{{name}: {rest}}}]"
    assert (compiled(text).get_parameter("0.weight") == 4).all()


def test_attention_has_parameters_inside() -> None:
    text = (
        "archc: 1\nname: net\ninputs: {x: [N, 5, 8]}\n"
        "init: {multihead_attention: {in_proj_weight: xavier_normal, out_proj.weight: zeros}}\n"
        "graph: [{multihead_attention: {num_heads: 2}}]"
    )
    module = archc.compile(archc.Spec.from_text(text))
    assert not module.get_parameter("0.out_proj.weight").any()
    assert module.get_parameter("0.in_proj_weight").any()


def test_modules_are_made_where_torch_makes_them() -> None:
    text = f"init: {{conv2d: {{weight: kaiming_normal}}}}\ngraph: [{{{CONV}}}]"
    with torch.device("meta"):
        assert compiled(text).get_parameter("0.weight").is_meta
    assert compiled(text).get_parameter("0.bias").device.type == "cpu"
    torch.set_default_dtype(torch.float64)
    try:
        assert compiled(text).get_parameter("0.weight").dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert type(compiled(text).get_submodule("0")) is nn.Conv2d


MISTAKES = {
    "con2d: {weight: zeros}": ("ARC101", "con2d"),
    "relu: {weight: zeros}": ("ARC101", "no parameters"),
    "parameter: zeros": ("ARC101", "beside itself"),
    "residual: {weight: zeros}": ("ARC101", "no operation"),
    "conv2d: {weigth: zeros}": ("ARC102", "weigth"),
    "conv2d: {weight: zeroes}": ("ARC101", "zeroes"),
    "conv2d: {weight: {zeroes: {}}}": ("ARC101", "zeroes"),
    "conv2d: zeros": ("ARC201", "by name"),
    "conv2d: {weight: 0}": ("ARC201", "takes an"),
    "conv2d: {weight: {normal: 1}}": ("ARC201", "by name"),
    "conv2d: {weight: {normal: {std: -1}}}": ("ARC202", "std"),
    "conv2d: {weight: {normal: {std: 1e31}}}": ("ARC202", "std"),
    "conv2d: {weight: {kaiming_normal: {nonlinearity: gelu}}}": ("ARC201", "nonlinearity"),
    "conv2d: {weight: constant}": ("ARC104", "val"),
    "conv2d: {bias: orthogonal}": ("ARC202", "dimensions"),
    "conv2d: {weight: {uniform: {a: 2}}}": ("ARC202", "smaller"),
    "conv2d: {weight: {trunc_normal: {mean: 3}}}": ("ARC202", "mean"),
    "conv2d: {weight: {normal: {std: $nope}}}": ("ARC204", "nope"),
}
"""Wrong `init`s of a document, each with its diagnostic and a word of it."""


@pytest.mark.parametrize("init", MISTAKES)
def test_mistakes_in_the_document(init: str) -> None:
    refused(f"init: {{{init}}}\ngraph: [{{{CONV}}}]", *MISTAKES[init])


@pytest.mark.parametrize(
    ("node", "code", "words"),
    [
        ("{conv2d: {out_channels: 3, kernel_size: 1}, init: zeros}", "ARC201", "by name"),
        ("{conv2d: {out_channels: 3, kernel_size: 1}, init: {wight: ones}}", "ARC102", "wight"),
        ("{relu: {}, init: {weight: zeros}}", "ARC103", "no parameters"),
        ("{seq: [relu], init: {weight: zeros}}", "ARC103", "none"),
        ("{residual: {out_channels: 3}, init: {conv1: zeros}}", "ARC103", "none"),
        ("{batch_norm2d: {affine: false}, init: {bias: zeros}}", "ARC103", "no parameters"),
        ("{linear: {out_features: 3, bias: false}, init: {bias: ones}}", "ARC102", "`linear` has"),
        ("{name: p, parameter: {shape: [3]}, init: xavier_normal}", "ARC202", "dimensions"),
    ],
)
def test_mistakes_beside_a_node(node: str, code: str, words: str) -> None:
    refused(f"graph: [{node}]", code, words)


def refused(text: str, code: str, words: str) -> None:
    with pytest.raises(archc.SpecError) as caught:
        checked(text)
    found = caught.value.diagnostics
    assert [each.code.code for each in found] == [code]
    assert words in found[0].message


def test_a_mistake_in_the_document_hides_no_other() -> None:
    text = "init: {conv2d: {weight: zeroes}}\ngraph: [{conv2d: {out_chanels: 3, kernel_size: 1}}]"
    assert codes(text) == ["ARC101", "ARC102"]


def test_one_that_does_not_fit_is_told_once() -> None:
    text = f"init: {{conv2d: {{bias: orthogonal}}}}\ngraph: [{{{CONV}}}, {{{CONV}}}, {{{CONV}}}]"
    assert codes(text) == ["ARC202"]


# torchvision's networks start as torchvision's do


class Draws(TorchDispatchMode):
    """How often each tensor is drawn at random, by where its values lie; what has none apart."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[int] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        is_draw = func in (torch.ops.aten.uniform_.default, torch.ops.aten.normal_.default)
        if is_draw and not args[0].is_meta:
            self.count[args[0].data_ptr()] += 1
        return func(*args, **(kwargs or {}))


def one_law(ours: Tensor, theirs: Tensor) -> bool:
    """Whether two samples may be of one law: mean, spread and shape (Kolmogorov and Smirnov), at
    about one false alarm in ten million.
    """
    a, b = ours.detach().flatten(), theirs.detach().flatten()
    if b.numel() < 2 or b.min() == b.max():
        return torch.equal(a, b) or a.numel() == 1
    margin, spread = 5.5 / a.numel() ** 0.5, b.std()
    if abs(a.mean() - b.mean()) > 1.5 * margin * spread or abs(a.std() / spread - 1) > margin:
        return False
    a, b = a[:20_000].sort().values, b[:20_000].sort().values
    everywhere = torch.cat([a, b])
    distance = torch.searchsorted(a, everywhere, right=True)
    distance = distance - torch.searchsorted(b, everywhere, right=True)
    return bool(distance.abs().max() / a.numel() < 2.9 * (2 / a.numel()) ** 0.5)


def starts_as_torchvision(name: str) -> None:
    torch.manual_seed(0)
    with Draws() as draws:
        ours = archc.compile(**zoo(name))
    torch.manual_seed(1)
    settings = {**PRETRAINED[name], "init_weights": True} if name in PRETRAINED else {}
    theirs = get_model(name, weights=None, **settings)
    for (key, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert one_law(mine, other), key
        is_constant = mine.numel() > 1 and mine.min() == mine.max()
        times = draws.count[mine.data_ptr()]
        # trunc_normal draws again, elsewhere, what is out of bounds
        assert times == 0 if is_constant else times == 1, key


@each_first
def test_the_zoo_starts_as_torchvision_and_draws_once(name: str) -> None:
    starts_as_torchvision(name)


@pytest.mark.prove
@each_other
def test_the_others_start_as_torchvision_and_draw_once(name: str) -> None:
    starts_as_torchvision(name)


@pytest.mark.parametrize("name", ["alexnet", "shufflenet_v2_x0_5"])
def test_the_same_seed_gives_the_same_weights_where_torchvision_draws_once(name: str) -> None:
    torch.manual_seed(3)
    ours = archc.compile(**zoo(name))
    torch.manual_seed(3)
    theirs = get_model(name, weights=None)
    for (key, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other), key


def test_the_last_norm_of_a_residual_may_start_at_zero() -> None:
    choice = zoo("resnet18")
    module = archc.compile(**{**choice, "params": {"zero_init_residual": True}})
    assert not module.get_parameter("layer1.0.bn2.weight").any()
    assert module.get_parameter("layer1.0.bn1.weight").all()


# Random networks


FILLED = {
    name: {
        parameter: {"constant": {"val": 1.0 + number / 8 + position / 128}}
        for position, parameter in enumerate(operation_class(name).starts)
    }
    for number, name in enumerate(OPERATIONS)
    if operation_class(name).starts and "" not in operation_class(name).starts
}
"""An `init` by which every parameter tells what it is."""

CLASSES = {operation_class(name).target.removeprefix("nn."): name for name in FILLED}


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("part", range(4))
def test_every_parameter_of_random_networks_starts_as_said(part: int) -> None:
    """Wherever its module stands: in blocks, loops, branches, lists. And so it is written out."""
    judged: Counter[str] = Counter()
    for seed in range(20 * part, 20 * part + 20):
        found = network(seed)
        spec = archc.Spec.from_text(written({**found.spec, "init": FILLED}))
        choices = {"inputs": found.given, "variant": found.variant}
        try:
            meaning = archc.check(spec, **choices)
        except archc.SpecError:  # by one of the rules that are stricter than torch
            continue
        module = archc.compile(spec, **choices)
        again = archc.compile(archc.Spec.from_text(spec_text(meaning)))
        assert [*again.state_dict()] == [*module.state_dict()]
        judged.update(filled(module))
        assert Counter(filled(again)) == Counter(filled(module))
    assert sum(judged.values()) > 50
    assert len(judged) > 5


def filled(module: nn.Module) -> Iterator[str]:
    """The operation of each parameter that starts as `FILLED` says; none may start otherwise, but
    for those with an `init` of their own.
    """
    for path, inner in module.named_modules():
        if any(part.startswith("started") for part in path.split(".")):
            continue
        name = CLASSES.get(type(inner).__name__, "")
        for key, parameter in inner.named_parameters():
            if key in FILLED.get(name, {}):
                assert (parameter == FILLED[name][key]["constant"]["val"]).all(), f"{path}.{key}"
                yield name
