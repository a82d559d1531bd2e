"""Which input sizes a network accepts, in evaluation and in training, and why not others."""

from archc.analysis.accepted.asked import Asked, maker
from archc.analysis.accepted.at import complete
from archc.analysis.accepted.joint import Acceptance, Cut, Joint, accepted, domain
from archc.analysis.accepted.mode import MODES, Mode
from archc.analysis.accepted.square import Accepted, accepted_sizes

__all__ = [
    "MODES",
    "Acceptance",
    "Accepted",
    "Asked",
    "Cut",
    "Joint",
    "Mode",
    "accepted",
    "accepted_sizes",
    "complete",
    "domain",
    "maker",
]
