"""What is doubtful about a spec that is right."""

from archc.warnings.ignored import heard
from archc.warnings.unused import unused

__all__ = ["heard", "unused"]
