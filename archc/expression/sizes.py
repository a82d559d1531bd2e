"""The sizes of a tensor that an expression may ask for: `X.channels`, `X.shape[k]`, …"""

from collections.abc import Sequence

from archc.expression.error import UnplacedError

Shape = Sequence[int | None]

# Name -> rank -> the dimension that the name means; a rank that is not listed has none.
_SPATIAL: dict[str, dict[int, int]] = {"height": {4: 2, 5: 3}, "width": {4: 3, 5: 4}}

SIZES = ("channels", "height", "width", "features")


def named_size(shape: Shape, name: str) -> int:
    """The size that one of `SIZES` names; refuses where `shape` has none such."""
    rank = len(shape)
    if name == "channels" and rank >= 2:
        return indexed_size(shape, 1)
    if name == "features" and rank >= 1:
        return indexed_size(shape, -1)
    if rank in _SPATIAL.get(name, {}):
        return indexed_size(shape, _SPATIAL[name][rank])
    advice = "its length is `shape[2]`" if rank == 3 else "name the dimension: `shape[k]`"
    message = f"a tensor of {_dimensions(rank)} has no {name}"
    raise UnplacedError("evaluation", message, advice if rank else None)


def indexed_size(shape: Shape, index: int) -> int:
    """The size of dimension `index`, from the end if negative."""
    if not -len(shape) <= index < len(shape):
        raise UnplacedError("evaluation", f"the tensor has {_dimensions(len(shape))}")
    size = shape[index]
    if size is None:
        advice = "give it with `--input`; the batch, and what follows from it, has no number"
        raise UnplacedError("size-needed", "this size is not known here", advice)
    return size


def _dimensions(rank: int) -> str:
    return "1 dimension" if rank == 1 else f"{rank} dimensions"
