"""Document to Network."""

from archc.elaborate.elaborate import elaborate

__all__ = ["elaborate"]
