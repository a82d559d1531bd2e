"""Document to Network."""

from archc.elaborate.walk import elaborate

__all__ = ["elaborate"]
