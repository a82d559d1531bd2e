"""Document to Network."""

from archc.elaborate.walk import MAX_NODES, elaborate

__all__ = ["MAX_NODES", "elaborate"]
