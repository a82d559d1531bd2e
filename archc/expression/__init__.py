"""`$name` and `$(expression)`: what a YAML string means; parsed, checked and evaluated, bounded."""

from archc.expression.error import ExpressionError, Kind
from archc.expression.evaluate import Environment, evaluate
from archc.expression.parse import Expression, Template, parse

__all__ = ["Environment", "Expression", "ExpressionError", "Kind", "Template", "evaluate", "parse"]
