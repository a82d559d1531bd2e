"""What the accepted sizes of a network say of single ones."""

from archc.analysis.accepted import Acceptance


def takes(found: Acceptance, **values: int) -> bool:
    """Whether the sizes are in the accepted set, which must be decided."""
    for joint in found.joints:
        assert joint.region is not None, "not decided"
        point = [{values[name] for name in axis} for axis in joint.axes]
        if any(len(same) > 1 for same in point):
            return False
        if [same.pop() for same in point] not in joint.region:
            return False
    return found.never is None
