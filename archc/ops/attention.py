"""Attention."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from archc.diagnostics.catalogue import SIZE_MISMATCH
from archc.ops.divisors import fewer
from archc.ops.fields import PositiveInt, Probability
from archc.ops.operation import Operation, Requirement, Shape, Starts, Weight
from archc.ops.reading import Reading, mixed, normalised
from archc.sizes import Condition, Dimension


class MultiheadAttention(Operation):
    """Multi-head attention: query `[N, L, embed_dim]`, key `[N, S, kdim]` and value
    `[N, S, vdim]` to `[N, L, embed_dim]`.

    Each of `num_heads` heads gives `softmax(q @ k.T / sqrt(embed_dim / num_heads)) @ v` of linear
    maps q, k, v of the three; a last linear map joins the heads. It reads three tensors, or one
    that is all three. `embed_dim` follows from the query and is divisible by `num_heads`; `kdim`
    and `vdim` default to it.
    """

    target: ClassVar[str] = "MultiheadAttention"
    helper: ClassVar[str] = '''
class MultiheadAttention(nn.MultiheadAttention):
    """Attention over `[N, L, E]` that gives the attended values alone."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
    ) -> None:
        super().__init__(
            embed_dim,
            num_heads,
            dropout,
            bias,
            add_bias_kv,
            add_zero_attn,
            kdim,
            vdim,
            batch_first=True,
        )

    def forward(
        self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None
    ) -> Tensor:
        q = query.transpose(0, 1)
        k = q if key is None or key is query else key.transpose(0, 1)
        v = k if value is None or value is key else value.transpose(0, 1)
        x, _ = F.multi_head_attention_forward(
            q,
            k,
            v,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            need_weights=False,
            use_separate_proj_weight=self.in_proj_weight is None,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
        )
        return x.transpose(0, 1)

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, num_heads={self.num_heads}, dropout={self.dropout}"
'''
    follows: ClassVar[Mapping[str, int]] = {"embed_dim": -1}
    positional: ClassVar[int] = 2
    arity: ClassVar[tuple[int, int | None]] = (1, 3)
    ranks: ClassVar[tuple[int, ...]] = (3,)
    layout: ClassVar[str] = "[N, L, E]"
    starts: ClassVar[Starts] = dict.fromkeys(
        (
            *("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"),
            *("in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias"),
        ),
        (),
    )

    num_heads: PositiveInt
    dropout: Probability = 0.0
    bias: bool = True
    add_bias_kv: bool = False
    add_zero_attn: bool = False
    kdim: PositiveInt | None = None
    vdim: PositiveInt | None = None

    def _three(self, inputs: tuple[Shape, ...]) -> tuple[Shape, Shape, Shape]:
        query, *others = inputs
        key, value = others or (query, query)
        return query, key, value

    def requirements(self, *inputs: Shape) -> Iterator[Requirement]:
        is_right = len(inputs) != 2
        yield Requirement(Condition(is_right, "==", 1), "reads one tensor or three, not two")
        if not is_right:
            return
        query, key, value = self._three(inputs)
        width = query[-1]
        yield Requirement(
            Condition(width % self.num_heads, "==", 0),
            f"needs `embed_dim` (={{}}) divisible by `num_heads` (={self.num_heads})",
            help=fewer("num_heads", self.num_heads, width),
            about=(width,),
        )
        for name, given, wanted, role, other in (
            ("kdim", key[-1], self.kdim, "key", 1),
            ("vdim", value[-1], self.vdim, "value", 2),
        ):
            expected = width if wanted is None else wanted
            text = f"needs a {role} of size `{name}` (={{}}), not {{}}"
            fits = Condition(given, "==", expected)
            between = (0, other) if len(inputs) > 1 and wanted is None else None
            yield Requirement(fits, text, SIZE_MISMATCH, between, about=(expected, given))
        if len(inputs) == 1:
            return
        text, fits = "needs a value for each key, {} and not {}", Condition(key[1], "==", value[1])
        yield Requirement(fits, text, SIZE_MISMATCH, (1, 2), about=(key[1], value[1]))
        for other, tensor in ((1, key), (2, value)):
            text = f"reads batches of {query[0]} and {tensor[0]}"
            yield Requirement(Condition(query[0], "==", tensor[0]), text, SIZE_MISMATCH, (0, other))

    def result(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def windows(self, operand: int, result: int, *inputs: Shape) -> tuple[Reading, ...]:
        query, key, _ = self._three(inputs)
        if len(inputs) == 1:
            return mixed(query, [1, 2])
        if operand < 2 and key[1] + self.add_bias_kv + self.add_zero_attn == 1:
            return normalised(query, [])  # of one value there is no choice
        return mixed(inputs[operand], [2] if operand == 0 else [1, 2])

    def weights(self, inferred: Mapping[str, int]) -> tuple[Weight, ...]:
        width = inferred["embed_dim"]
        kdim, vdim = (width if size is None else size for size in (self.kdim, self.vdim))
        projections = (
            (Weight("in_proj_weight", (3 * width, width)),)
            if kdim == vdim == width
            else (
                Weight("q_proj_weight", (width, width)),
                Weight("k_proj_weight", (width, kdim)),
                Weight("v_proj_weight", (width, vdim)),
            )
        )
        of_keys = Weight("bias_k", (1, 1, width)), Weight("bias_v", (1, 1, width))
        return (
            *projections,
            *(Weight("in_proj_bias", (3 * width,)),) * self.bias,
            *of_keys * self.add_bias_kv,
            Weight("out_proj.weight", (width, width)),
            *(Weight("out_proj.bias", (width,)),) * self.bias,
        )

    def macs(self, *inputs: Shape) -> Dimension:
        """The four linear maps, then queries by keys and weights by values.

        torch's counter sees the last two in its plain kernel (`SDPBackend.MATH`) only.
        """
        (n, length, width), (_, keys, kdim), (_, _, vdim) = self._three(inputs)
        attended = keys + self.add_bias_kv + self.add_zero_attn
        linear = 2 * length * width + keys * (kdim + vdim)
        return n * width * (linear + 2 * length * attended)
