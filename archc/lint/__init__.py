"""What is doubtful about a spec that is right: a file a rule, and their list in `rules`."""

from archc.lint.rules import OPT_IN, lints
from archc.lint.suppressions import unsuppressed
from archc.lint.unused import unused

__all__ = ["OPT_IN", "lints", "unsuppressed", "unused"]
