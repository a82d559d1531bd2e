"""What the keys of a spec mean, in the words that an editor shows beside them."""

from collections.abc import Mapping

NODE_KEYS: Mapping[str, str] = {
    "name": "The submodule's name. Without it: its position in its list, as in `nn.Sequential`.",
    "from": "What the node reads: a reference, or a list of them. Without it: the node before.",
    "repeat": "How many times in a row; the variable is `i`, from 0.",
    "when": "A condition. Where it is false, the node is absent and takes no position.",
    "init": "How the node's parameters start: `weight: {normal: {std: 0.01}}`. "
    "Of a `parameter`, the initialiser itself.",
}

FORMS: Mapping[str, str] = {
    "seq": "A list of nodes that becomes a submodule.",
    "apply": "A module of the same list once more, with the same weights.",
    "for": "A variable, or a list of variables that take the rows of `in` apart.\n\n"
    "Unrolls `do` into the list around it, once for each element of `in`.",
    "in": "The list that `for` goes through.",
    "do": "The nodes that `for` unrolls.",
}

KEYS: Mapping[str, Mapping[str, str]] = {
    "Document": {
        "archc": "The version of the language: 1.",
        "name": "The network's name, in snake case.",
        "summary": "One line about the network.",
        "source": "Where the network comes from: a citation or link.",
        "params": "Named values with defaults. `--set name=value` replaces one.",
        "variants": "The members of a family: values for some of `params`, by the member's name.",
        "inputs": "The network's inputs: their names and shapes, batch first.",
        "init": "How parameters start: operation, parameter, initialiser. "
        "`conv2d: {weight: {kaiming_normal: {mode: fan_out}}, bias: zeros}`.",
        "blocks": "Blocks local to this file, each under a CapitalisedName.",
        "use": "Other files whose `blocks` are brought in, by their paths from this file's folder.",
        "graph": "The nodes, from the first to the last.",
        "outputs": "The network's outputs, by name. Without it: the last node.",
    },
    "BlockBody": {
        "summary": "One line about the block.",
        "source": "Where the block comes from: a citation or link.",
        "params": "The block's arguments. A default may use those above it, and the input's sizes.",
        "inputs": "The names of the tensors that the block reads; without it, one: `input`.",
        "graph": "The nodes, from the first to the last.",
        "outputs": "What the block gives, by name. Without it: the last node.",
    },
    "ParameterSpec": {
        "type": "The type of the values; `any` is checked where it is used.",
        "default": "The value where none is given; without it, one has to be.",
        "min": "The smallest value.",
        "max": "The largest value.",
        "choices": "The values that are allowed.",
        "summary": "One line about the parameter.",
    },
    "Input": {
        "shape": "The sizes, batch first: positive integers, and symbols such as `N` or `H`.",
        "where": "Bounds of symbols: `H: 32..1024`.",
    },
    "Range": {
        "range": "The least and the largest size: `64..1024`.",
        "multiple_of": "Only the multiples of this number.",
    },
    "OutputEntry": {
        "from": "The node that gives it.",
        "when": "`training`: evaluation does not run it.",
    },
}
"""The keys of each model of the file format."""
