"""The networks of `specs/torchvision/`, with torchvision's own as the judge, weight for weight.

The normal run takes the keys, the costs and the accepted sizes of all 68, and the values of one
member a family; `make prove` takes the values of all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models import get_model, get_model_weights, list_models
from torchvision.models.regnet import BlockParams

import archc
from archc.analysis.accepted import accepted_sizes
from archc.document.loader import load
from archc.network import macs, parameters
from judge import accepts, parameter_count, state_shapes

ROOT = Path(__file__).parent.parent
SPECS = ROOT / "specs" / "torchvision"

FAMILIES = {
    "alexnet": ["alexnet"],
    "convnext": ["convnext_tiny", "convnext_small", "convnext_base", "convnext_large"],
    "densenet": ["densenet121", "densenet161", "densenet169", "densenet201"],
    "efficientnet": [
        "efficientnet_v2_s",
        "efficientnet_v2_m",
        "efficientnet_v2_l",
        *(f"efficientnet_b{k}" for k in range(8)),
    ],
    "googlenet": ["googlenet"],
    "inception_v3": ["inception_v3"],
    "mnasnet": ["mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3"],
    "mobilenet_v2": ["mobilenet_v2"],
    "mobilenet_v3": ["mobilenet_v3_small", "mobilenet_v3_large"],
    "regnet": [
        *(f"regnet_y_{n}" for n in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")),
        "regnet_y_128gf",
        *(f"regnet_x_{n}" for n in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")),
    ],
    "resnet": [
        *(f"resnet{n}" for n in (50, 18, 34, 101, 152)),
        *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
        *("wide_resnet50_2", "wide_resnet101_2"),
    ],
    "shufflenet_v2": [f"shufflenet_v2_{n}" for n in ("x0_5", "x1_0", "x1_5", "x2_0")],
    "squeezenet": ["squeezenet1_1", "squeezenet1_0"],
    "vgg": [*(f"vgg{n}_bn" for n in (11, 13, 16, 19)), *(f"vgg{n}" for n in (11, 13, 16, 19))],
}
"""The members of each file; the first has its values compared in a normal run."""

FAMILY = {member: family for family, members in FAMILIES.items() for member in members}

PRETRAINED = {
    name: {"transform_input": True, "aux_logits": True} for name in ("googlenet", "inception_v3")
}
"""What torchvision's builder sets where it is given weights."""

WITHOUT_HEADS = {"googlenet"}
"""Whose published parameters leave out the auxiliary heads."""

SMALLER = {"efficientnet_v2_s": 1, "efficientnet_v2_m": 1, "efficientnet_v2_l": 1}
"""The true smallest sizes of those whose published one, 33, is larger."""

TRAINED_AT = {"inception_v3": 299}
"""Where 64 pixels are too few for training: Inception's auxiliary head has a map of 17 or more."""

EVALUATED_AT = {"inception_v3": 75}

each_member = pytest.mark.parametrize("name", FAMILY)
each_first = pytest.mark.parametrize("name", [members[0] for members in FAMILIES.values()])
each_other = pytest.mark.parametrize(
    "name", [member for members in FAMILIES.values() for member in members[1:]]
)


def spec(name: str) -> dict[str, Any]:
    """The arguments of `archc.check` and `archc.compile` for a network of torchvision's."""
    family = FAMILY[name]
    variant = None if family == name else name
    return {
        "spec": SPECS / f"{family}.yaml",
        "variant": variant,
        "params": PRETRAINED.get(name, {}),
    }


def published(name: str) -> list[Any]:
    """The weights that torchvision offers for a network: their metadata and transforms."""
    return list(get_model_weights(name))


def crop(weights: Any) -> int:
    """The size of the images for which weights were published."""
    size: int = weights.transforms.keywords["crop_size"]
    return size


def torchvision(name: str) -> nn.Module:
    """torchvision's module on the meta device, without the time and memory that weights take."""
    settle = BlockParams.from_init_params

    def settled(**settings: Any) -> BlockParams:
        """RegNet computes its widths with tensors, which need values."""
        with torch.device("cpu"):
            return settle(**settings)

    settings = {**PRETRAINED[name], "init_weights": False} if name in PRETRAINED else {}
    with patch.object(BlockParams, "from_init_params", settled), torch.device("meta"):
        module: nn.Module = get_model(name, weights=None, **settings)
    return module


def compiled(name: str) -> nn.Module:
    with torch.device("meta"):
        return archc.compile(**spec(name))


# The files


def test_every_convolutional_classifier_is_here() -> None:
    transformers = ("maxvit", "swin", "vit")
    classifiers = list_models(module=models)
    assert set(FAMILY) == {name for name in classifiers if not name.startswith(transformers)}
    assert len(FAMILY) == 68


def test_every_file_and_every_variant_is_here() -> None:
    variants = {}
    for path in SPECS.iterdir():
        variants[path.stem] = set(load(archc.Spec.from_file(path).source, SPECS).document.variants)
    assert variants == {
        family: set() if members == [family] else set(members)
        for family, members in FAMILIES.items()
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_a_file_reads_like_the_table_of_its_paper(family: str) -> None:
    text = (SPECS / f"{family}.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=../../schema/archc.schema.json"
    assert len(lines) <= (140 if family in ("efficientnet", "inception_v3") else 80)
    assert max(map(len, lines)) <= 100
    document = load(archc.Spec.from_file(SPECS / f"{family}.yaml").source, SPECS).document
    assert document.name == family
    assert document.summary
    assert document.source


# Keys, costs and sizes, of all


@each_member
def test_weights_have_the_keys_order_and_shapes(name: str) -> None:
    ours, theirs = compiled(name), torchvision(name)
    assert list(state_shapes(ours).items()) == list(state_shapes(theirs).items())
    assert parameter_count(ours) == parameter_count(theirs)
    assert [key for key, _ in ours.named_parameters()] == [
        key for key, _ in theirs.named_parameters()
    ]


@each_member
def test_facts_are_the_published_ones(name: str) -> None:
    """The size of the images, parameters, billions of MACs, the smallest size."""
    network = archc.check(**spec(name))
    assert network.name == name
    assert network.warnings == ()
    size = crop(published(name)[0])
    (image,) = network.graph.inputs
    assert [network.at(part) for part in image.shape[1:]] == [3, size, size]
    assert str(accepted_sizes(network)) == f"H = W: {smallest(name)} and up"
    for weights in published(name):
        assert published_parameters(name, network) == weights.meta["num_params"]
        assert round(macs(of_size(name, network, crop(weights))) / 1e9, 3) == weights.meta["_ops"]


def smallest(name: str) -> int:
    """The smallest height and width that the network takes in evaluation."""
    height, width = published(name)[0].meta["min_size"]
    assert height == width
    return SMALLER.get(name, height)


def published_parameters(name: str, network: archc.Network) -> int:
    if name in WITHOUT_HEADS:
        return parameters(archc.check(SPECS / f"{name}.yaml", params={"aux_logits": False}))
    return parameters(network)


def of_size(name: str, network: archc.Network, size: int) -> archc.Network:
    """The network for images of `size`: some weights are for others than the first."""
    if size == network.at(network.graph.inputs[0].shape[2]):
        return network
    return archc.check(**spec(name), inputs={"image": (3, size, size)})


def the_smallest_size_is_the_true_one(name: str) -> None:
    """torchvision's module takes it and refuses one less; its weights, all zero, do not matter."""
    module = torchvision(name).to_empty(device="cpu").eval()
    for value in module.state_dict().values():
        value.zero_()
    size = smallest(name)
    assert accepts(module, (1, 3, size, size))
    assert size == 1 or not accepts(module, (1, 3, size - 1, size - 1))


@each_first
def test_the_smallest_size(name: str) -> None:
    the_smallest_size_is_the_true_one(name)


@pytest.mark.prove
@each_other
def test_the_smallest_size_of_the_others(name: str) -> None:
    the_smallest_size_is_the_true_one(name)


# Values


def random_state(module: nn.Module) -> dict[str, Tensor]:
    """Weights and statistics that keep values of a size through a deep network.

    With the versions that a `state_dict()` carries: MNASNet refuses one without.
    """
    generator = torch.Generator().manual_seed(0)

    def drawn(key: str, value: Tensor) -> Tensor:
        if not value.is_floating_point():
            return torch.zeros(value.shape, dtype=value.dtype)
        normal = torch.randn(value.shape, generator=generator)
        if key.endswith("running_var") or (key.endswith("weight") and value.dim() == 1):
            return normal.abs_() + 0.5
        return normal.mul_(value[0].numel() ** -0.5 if value.dim() > 1 else 0.1)

    state = module.state_dict()
    for key, value in state.items():
        state[key] = drawn(key, value)
    return state


def in_two(name: str) -> tuple[nn.Module, nn.Module]:
    """The compiled module and torchvision's: weights are the same, statistics each one's own."""
    theirs = torchvision(name)
    state = random_state(theirs)
    theirs.load_state_dict(state, strict=True, assign=True)
    # The constants of `transform_input` are in no state, and so may not be on the meta device.
    ours = archc.compile(**spec(name)) if name in PRETRAINED else compiled(name)
    learned = {key for key, _ in theirs.named_parameters()}
    own = {key: value if key in learned else value.clone() for key, value in state.items()}
    ours.load_state_dict(own, strict=True, assign=True)
    return ours, theirs


def images(size: int) -> Tensor:
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(size))


def named(output: Any) -> dict[str, Tensor]:
    """Outputs by name: torchvision's heads come in a named tuple, ours in a dict."""
    if isinstance(output, Tensor):
        return {"logits": output}
    return dict(output if isinstance(output, dict) else output._asdict())


def trained(module: nn.Module, size: int) -> dict[str, Tensor]:
    """Outputs in training; each is followed back to the gradients of the weights."""
    module.train()
    torch.manual_seed(1)
    outputs = named(module(images(size)))
    torch.stack([output.square().mean() for output in outputs.values()]).sum().backward()
    return outputs


def values_are_the_same(name: str) -> None:
    """Bit for bit: outputs in evaluation; outputs, gradients and running statistics in training."""
    ours, theirs = in_two(name)

    image = images(EVALUATED_AT.get(name, 64))
    with torch.no_grad():
        output, expected = ours.eval()(image), theirs.eval()(image)
    assert output.shape == (2, 1000)
    assert torch.isfinite(output).all()
    assert output.std() > 0
    assert torch.equal(output, expected)

    size = TRAINED_AT.get(name, 64)
    outputs, expected = trained(ours, size), trained(theirs, size)
    assert list(outputs) == list(expected)
    for key, value in outputs.items():
        assert torch.equal(value, expected[key]), key
    for (key, weight), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert weight.grad is not None, key
        assert torch.isfinite(weight.grad).all(), key
        assert torch.equal(weight.grad, other.grad), key
    ours_moved, theirs_moved = ours.state_dict(), theirs.state_dict()
    for key, value in theirs_moved.items():
        assert torch.equal(ours_moved[key], value), key


@each_first
def test_values(name: str) -> None:
    values_are_the_same(name)


@pytest.mark.prove
@each_other
def test_values_of_the_others(name: str) -> None:
    values_are_the_same(name)
