"""How a class writes its arguments: a literal, an expression of its parameters, or a new parameter.

An argument that is the same in all instances is a literal. Where instances differ it is the
expression that the author wrote; if it follows from the input, the formula of that size; and else a
constructor parameter of its own. So every text holds for all values of its names.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archc.emit.python.classes import ClassPlan, Plan
from archc.emit.python.derived import DerivedSizes, Formulas, Values, python_text
from archc.emit.python.layout import Brackets, Expr, constant
from archc.emit.python.names import identifier, unique
from archc.emit.python.translate import Names, translate
from archc.expression import Expression
from archc.network import Module, Network, Node, Primitive, Written
from archc.ops.operation import Operation, Shape
from archc.sizes import Dimension, Size, TooComplex, substitute, symbol

CHANNELS = 1


class Origin(NamedTuple):
    """Where an inferred argument comes from: dimension `dimension` of what is read as number
    `source`.
    """

    source: int
    dimension: int


class Slot(NamedTuple):
    """An argument in the body of a class, over all instances."""

    name: str
    values: Values
    expression: Written | None
    bindings: tuple[Mapping[str, Any], ...]
    origin: Origin | None
    default: Any = ...


@dataclass(slots=True, eq=False)
class Parameters:
    """The constructor of a class: its parameters in order, and the text of each argument in its
    body.

    `texts` has, for each leaf of the body, the text of its arguments by name. A parameter is a
    port's size (`port`), a parameter of the block (`block`), or neither. `results` has the shapes
    of what several instances give, as formulas of `names` and of `sizes`.
    """

    names: dict[str, Values] = field(default_factory=dict)
    ports: dict[str, Origin] = field(default_factory=dict)
    block: dict[str, str] = field(default_factory=dict)
    texts: list[dict[str, Expr]] = field(default_factory=list)
    sizes: Mapping[str, Origin] = field(default_factory=dict)
    results: list[Shape] = field(default_factory=list)


def explain_arguments(network: Network, plan: Plan) -> dict[str, Parameters]:
    """The constructor of each class, by the class's name."""
    found: dict[str, Parameters] = {}
    for each in plan.classes:
        found[each.name] = _Explainer(network, plan, each, found).explain()
    return found


class _Explainer:
    def __init__(
        self, network: Network, plan: Plan, subject: ClassPlan, done: Mapping[str, Parameters]
    ) -> None:
        self.network = network
        self.plan = plan
        self.subject = subject
        self.done = done
        bodies = [plan.body(module.graph) for module in subject.modules]
        self.bodies = [leaves for leaves, _ in bodies]
        self.outputs = bodies[0][1]
        self.result = Parameters()
        self.sizes = self._port_sizes()
        self.block = self._block_values()
        self.own: dict[Hashable, str] = {}
        self.derived = DerivedSizes()

    def explain(self) -> Parameters:
        varies = len(self.bodies) > 1
        if varies:
            self._add_ports()
        for number in range(len(self.bodies[0])):
            texts: dict[str, Expr] = {}
            said: dict[str, Dimension] = {}
            written: dict[Values, Dimension] = {}
            self.result.texts.append(texts)
            for slot in self._slots(number):
                text = self._text(number, slot)
                if not _goes_without_saying(slot):
                    texts[slot.name] = text
                if varies and all(type(value) is int for value in slot.values):
                    said[slot.name] = self._size(text, slot.values)
                    if slot.origin is None:
                        written.setdefault(slot.values, said[slot.name])
            if varies:
                self._add_sizes(number, said, written)
        self.result.sizes = {name: origin for name, (origin, _) in self.sizes.items()}
        self.result.results = [self.derived.of(output) for output in self.outputs] if varies else []
        self._sort()
        return self.result

    # Sizes

    def _add_ports(self) -> None:
        values = {name: values for name, (_, values) in self.sizes.items()}
        values |= {identifier(name): values for name, values in self.block.items()}
        for name, each in values.items():
            if all(type(value) is int for value in each):
                self.derived.name(name, each)
        named = {origin: symbol(name) for name, (origin, _) in self.sizes.items()}
        for index, port in enumerate(self.subject.graph.inputs):
            shapes = [module.graph.inputs[index].shape for module in self.subject.modules]
            formulas = [named.get(Origin(index, dim)) for dim in range(len(port.shape))]
            self.derived.add_port(formulas, self._together(shapes))

    def _add_sizes(
        self, number: int, said: Mapping[str, Dimension], written: Mapping[Values, Dimension]
    ) -> None:
        nodes = [body[number].node for body in self.bodies]
        shapes = [self._together(each) for each in zip(*(n.shapes for n in nodes), strict=True)]
        inputs = [self.derived.of(source) for source in self.bodies[0][number].sources]
        self.derived.add_node(self._results(nodes[0], inputs, said), shapes, written)

    def _results(
        self, node: Node, inputs: Sequence[Shape], said: Mapping[str, Dimension]
    ) -> Sequence[Formulas]:
        """The shapes that a node gives, by its shape rule or by what is known of its class."""
        if isinstance(node.what, Primitive):
            return _by_rule(node.what.operation, inputs)
        plan = self.plan.class_of(node.what)
        if plan is None or node.shared:
            return []
        inner = self.done[plan.name]
        ports = {name: inputs[port][dim] for name, (port, dim) in inner.sizes.items()}
        names = {**ports, **said}
        return [
            [
                substitute(size, names)
                if isinstance(size, int) or size.symbols <= names.keys()
                else None
                for size in shape
            ]
            for shape in inner.results
        ]

    def _size(self, text: Expr, values: Values) -> Dimension:
        if _same(values):
            return int(values[0])
        assert isinstance(text, str)
        return self.derived.written(text, values)

    def _together(self, shapes: Sequence[Shape]) -> list[Values]:
        """Each dimension of the first instance over all; 0 where one has another rank."""
        numbers = [self._numbers(shape) for shape in shapes]
        rank = len(numbers[0])
        return [
            tuple(each[dim] if len(each) == rank else 0 for each in numbers) for dim in range(rank)
        ]

    # What is known of the instances

    def _port_sizes(self) -> dict[str, tuple[Origin, Values]]:
        """The channels of each port, by the name of a parameter for them."""
        ports = self.subject.graph.inputs
        found: dict[str, tuple[Origin, Values]] = {}
        for index, port in enumerate(ports):
            shapes = [
                self._numbers(module.graph.inputs[index].shape) for module in self.subject.modules
            ]
            word = "features" if len(port.shape) == 2 else "channels"
            name = f"in_{word}" if len(ports) == 1 else identifier(f"{port.name}_{word}")
            if all(len(shape) > CHANNELS for shape in shapes):
                found[name] = Origin(index, CHANNELS), tuple(shape[CHANNELS] for shape in shapes)
        return found

    def _block_values(self) -> dict[str, Values]:
        parameters = self.subject.modules[0].parameters
        return {
            name: tuple(module.parameters[name] for module in self.subject.modules)
            for name in parameters
        }

    def _numbers(self, shape: Shape) -> tuple[Any, ...]:
        return tuple(self.network.at(dimension) for dimension in shape)

    # Slots

    def _slots(self, number: int) -> Iterator[Slot]:
        leaves = [body[number] for body in self.bodies]
        first = leaves[0].node
        if first.shared or not (first.registers or first.is_parameter):
            return
        bindings = tuple(leaf.node.what.bindings for leaf in leaves)
        if isinstance(first.what, Primitive):
            primitives = [
                leaf.node.what for leaf in leaves if isinstance(leaf.node.what, Primitive)
            ]
            for name in first.what.call.arguments:
                values = tuple(primitive.call.arguments[name] for primitive in primitives)
                dimension = first.what.operation.follows.get(name)
                origin = None if dimension is None else Origin(0, dimension)
                default = ... if origin else type(first.what.operation).model_fields[name].default
                yield Slot(
                    name, values, first.what.expressions.get(name), bindings, origin, default
                )
            return
        modules = [leaf.node.what for leaf in leaves if isinstance(leaf.node.what, Module)]
        plan = self.plan.class_of(modules[0])
        assert plan is not None
        parameters = self.done[plan.name]
        index = {id(module): position for position, module in enumerate(plan.modules)}
        for name, all_values in parameters.names.items():
            values = tuple(all_values[index[id(module)]] for module in modules)
            expression = modules[0].expressions.get(parameters.block.get(name, ""))
            yield Slot(name, values, expression, bindings, parameters.ports.get(name))

    # Texts

    def _text(self, number: int, slot: Slot) -> Expr:
        if _same(slot.values):
            return constant(slot.values[0])
        if all(isinstance(value, (list, tuple)) for value in slot.values) and _same(
            tuple(len(value) for value in slot.values)
        ):
            return self._elements(number, slot)
        return self._written(slot) or self._followed(number, slot) or self._own(number, slot)

    def _elements(self, number: int, slot: Slot) -> Expr:
        """A tuple, element by element; or the whole, where it was one expression."""
        whole = self._written(slot)
        if whole is not None:
            return whole
        count = len(slot.values[0])
        written = slot.expression if isinstance(slot.expression, tuple) else (None,) * count
        origin = slot.origin if count == 1 else None
        texts = [
            self._text(number, Slot(f"{slot.name}_{k}", values, written[k], slot.bindings, origin))
            for k, values in enumerate(zip(*slot.values, strict=True))
        ]
        return Brackets("(", tuple(("", text) for text in texts), ",)" if count == 1 else ")")

    def _written(self, slot: Slot) -> str | None:
        """The expression that the author wrote, in terms of the class's parameters."""
        if not isinstance(slot.expression, Expression):
            return None
        names = Names(slot.bindings, self.block, self.network.parameters, self._port_size)
        return translate(slot.expression, names, self._use)

    def _port_size(self, port: str, attribute: str) -> tuple[str, Values] | None:
        """The parameter for `input.channels` and its like."""
        ports = [each.name for each in self.subject.graph.inputs]
        index = 0 if port == "input" else ports.index(port) if port in ports else None
        for name, (origin, values) in self.sizes.items():
            is_meant = attribute == "channels" or (
                attribute == "features" and name.endswith("features")
            )
            if origin.source == index and is_meant:
                return name, values
        return None

    def _followed(self, number: int, slot: Slot) -> str | None:
        """The formula of a size that follows from the input."""
        if slot.origin is None:
            return None
        source = self.bodies[0][number].sources[slot.origin.source]
        size = self.derived.of(source)[slot.origin.dimension]
        text = python_text(size)
        if text is None or isinstance(size, int):
            return None
        raw = {identifier(name): name for name in self.block}
        for name in size.symbols:
            if name in self.sizes or name in raw:
                self._use(raw.get(name, name))
        return text

    def _own(self, number: int, slot: Slot) -> str:
        """A constructor parameter for this argument alone, or for others that say the same."""
        key = self._meaning(number, slot)
        if key is not None and key in self.own:
            return self.own[key]
        node = self.bodies[0][number].node
        wanted = identifier(
            f"{node.name}_{slot.name}" if not node.name.isdigit() else f"{slot.name}_{node.name}"
        )
        name = unique(wanted, [*self.result.names, *self.sizes, *map(identifier, self.block)])
        self.result.names[name] = slot.values
        if key is not None:
            self.own[key] = name
        return name

    def _meaning(self, number: int, slot: Slot) -> Hashable:
        """What an argument says that has no text in terms of the class; None where that is its own
        affair.
        """
        if slot.origin is not None:
            source = self.bodies[0][number].sources[slot.origin.source]
            return self.derived.of(source)[slot.origin.dimension]
        if isinstance(slot.expression, Expression):
            return ast.unparse(slot.expression.tree), slot.values
        return None

    def _use(self, name: str) -> str:
        """Makes `name` a constructor parameter, and gives its Python name."""
        if name in self.sizes and name not in self.block:
            self.result.ports[name] = self.sizes[name][0]
            self.result.names[name] = self.sizes[name][1]
            return name
        python = identifier(name)
        self.result.block[python] = name
        self.result.names[python] = self.block[name]
        return python

    def _sort(self) -> None:
        """Sizes that come in before the block's parameters as declared before all others."""
        declared = [identifier(name) for name in self.block]

        def rank(name: str) -> tuple[int, int]:
            if name in self.result.ports:
                return 0, self.result.ports[name].source
            return (1, declared.index(name)) if name in self.result.block else (2, 0)

        self.result.names = {
            name: self.result.names[name] for name in sorted(self.result.names, key=rank)
        }


def _by_rule(operation: Operation, inputs: Sequence[Shape]) -> Sequence[Formulas]:
    """The shapes that an operation gives; none where its rule wants numbers."""
    try:
        asked = operation.requirements(*inputs)
        if any(each.condition.decided is False for each in asked):
            return []
        return operation.results(*inputs)
    except TooComplex:
        return []


def _replaced(size: Dimension, names: Mapping[str, Dimension]) -> Dimension | None:
    """A size with sizes for its names; None where one has none."""
    if isinstance(size, Size) and not size.symbols <= names.keys():
        return None
    return substitute(size, names)


def _same(values: Values) -> bool:
    return all(type(value) is type(values[0]) and value == values[0] for value in values)


def _goes_without_saying(slot: Slot) -> bool:
    """Whether an expression gives torch's default in every instance."""
    return slot.expression is not None and _same((slot.default, *slot.values))
