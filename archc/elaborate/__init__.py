"""Document to Network."""

from archc.elaborate.walk import check_library, elaborate

__all__ = ["check_library", "elaborate"]
