"""How a class writes its arguments: a literal, an expression of its parameters, or a new parameter.

An argument that is the same in all instances is a literal. Where instances differ it is, in this
order: the expression that the author wrote; what the module upstream has for the same value; the
size that comes in; a parameter of the block, or one with an integer added, multiplied or divided;
and else a constructor parameter of its own. Every text is checked against the value in every
instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archc.emit.python.classes import ClassPlan, Leaf, Plan
from archc.emit.python.layout import Brackets, Expr, constant
from archc.emit.python.names import identifier, unique
from archc.emit.python.translate import Names, translate
from archc.expression import Expression
from archc.network import Module, Network, Primitive, Reference, Written
from archc.ops.operation import Shape

Values = tuple[Any, ...]
"""The value of something in each instance of a class."""

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
    port's size (`port`), a parameter of the block (`block`), or neither.
    """

    names: dict[str, Values] = field(default_factory=dict)
    ports: dict[str, Origin] = field(default_factory=dict)
    block: dict[str, str] = field(default_factory=dict)
    texts: list[dict[str, Expr]] = field(default_factory=list)


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
        self.bodies = [plan.leaves(module.graph) for module in subject.modules]
        self.result = Parameters()
        self.sizes = self._port_sizes()
        self.block = self._block_values()

    def explain(self) -> Parameters:
        for number in range(len(self.bodies[0])):
            texts: dict[str, Expr] = {}
            self.result.texts.append(texts)
            for slot in self._slots(number):
                if not _goes_without_saying(slot):
                    texts[slot.name] = self._text(number, slot)
        self._sort()
        return self.result

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
        return (
            self._written(slot)
            or self._upstream(number, slot)
            or self._known(slot.values)
            or self._near(slot.values)
            or self._own(number, slot)
        )

    def _elements(self, number: int, slot: Slot) -> Expr:
        """A tuple, element by element; or the whole, where it is a name or was one expression."""
        whole = self._written(slot) or self._known(slot.values)
        if whole is not None:
            return whole
        count = len(slot.values[0])
        written = slot.expression if isinstance(slot.expression, tuple) else (None,) * count
        texts = [
            self._text(number, Slot(f"{slot.name}_{k}", values, written[k], slot.bindings, None))
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

    def _upstream(self, number: int, slot: Slot) -> Expr | None:
        """For an inferred argument, what the module that made the size has for it."""
        if slot.origin is None:
            return None
        source = self._maker(number, slot.origin, slot.values)
        if source.node < 0:
            for name, (origin, values) in self.sizes.items():
                if origin.source == -1 - source.node and values == slot.values:
                    return self._use(name)
            return None
        texts = self.result.texts[source.node]
        equal = [made for made in self._slots(source.node) if made.values == slot.values]
        chosen = sorted(equal, key=lambda made: made.origin is not None)
        return next((texts[made.name] for made in chosen if made.name in texts), None)

    def _maker(self, number: int, origin: Origin, values: Values) -> Reference:
        """The leaf or port that set the size, past those that keep it in every instance."""
        source = self.bodies[0][number].sources[origin.source]
        dimension = origin.dimension
        while (
            source.node >= 0
            and not self._sets(source.node, values)
            and all(
                self._keeps(body[source.node], source.result, dimension) for body in self.bodies
            )
        ):
            source = self.bodies[0][source.node].sources[0]
        return source

    def _sets(self, number: int, values: Values) -> bool:
        """Whether a written argument of a leaf has these values."""
        return any(slot.origin is None and slot.values == values for slot in self._slots(number))

    def _keeps(self, leaf: Leaf, result: int, dimension: int) -> bool:
        node = leaf.node
        if not node.inputs or len(node.inputs[0]) != len(node.shapes[result]):
            return False
        return self.network.at(node.inputs[0][dimension]) == self.network.at(
            node.shapes[result][dimension]
        )

    def _known(self, values: Values) -> str | None:
        """A name that has these values in every instance."""
        for name, known in self._names():
            if known == values:
                return self._use(name)
        return None

    def _near(self, values: Values) -> str | None:
        """A name with an integer added, multiplied or divided."""
        if not all(type(value) is int for value in values):
            return None
        for name, known in self._names():
            if not all(type(value) is int and value > 0 for value in known) or _same(known):
                continue
            step = values[0] - known[0]
            if all(value - number == step for value, number in zip(values, known, strict=True)):
                return f"{self._use(name)} {'+' if step > 0 else '-'} {abs(step)}"
            if all(
                value == number * (values[0] // known[0])
                for value, number in zip(values, known, strict=True)
            ):
                return f"{values[0] // known[0]} * {self._use(name)}"
            part = known[0] // values[0] if values[0] > 0 else 0
            if part and all(
                value == number // part for value, number in zip(values, known, strict=True)
            ):
                return f"{self._use(name)} // {part}"
        return None

    def _own(self, number: int, slot: Slot) -> str:
        """A constructor parameter for this argument alone, or for others of the same values."""
        for name, values in self.result.names.items():
            if values == slot.values:
                return name
        node = self.bodies[0][number].node
        wanted = identifier(
            f"{node.name}_{slot.name}" if not node.name.isdigit() else f"{slot.name}_{node.name}"
        )
        name = unique(wanted, [*self.result.names, *self.sizes, *self.block])
        self.result.names[name] = slot.values
        return name

    def _names(self) -> Iterator[tuple[str, Values]]:
        """Everything that could be a constructor parameter."""
        yield from ((name, values) for name, values in self.block.items() if not _same(values))
        yield from ((name, values) for name, (_, values) in self.sizes.items())

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


def _same(values: Values) -> bool:
    return all(type(value) is type(values[0]) and value == values[0] for value in values)


def _goes_without_saying(slot: Slot) -> bool:
    """Whether an expression gives torch's default in every instance."""
    return slot.expression is not None and _same((slot.default, *slot.values))
