"""What operations that work element by element share."""

from archc.ops.operation import Operation, Shape


class Elementwise(Operation):
    """A function whose result has the shape of its input."""

    def result(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x
