"""`$name` and `$(expression)`: what a YAML string means; parsed, checked and evaluated, bounded."""

from archc.expression.error import ExpressionError, Kind
from archc.expression.evaluate import Scope, evaluate
from archc.expression.parse import Expression, Template, parse

__all__ = ["Expression", "ExpressionError", "Kind", "Scope", "Template", "evaluate", "parse"]
