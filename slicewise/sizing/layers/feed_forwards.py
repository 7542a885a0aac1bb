"""Feed-forward layers: dense ones, and experts with their router."""

from __future__ import annotations

from dataclasses import dataclass

from slicewise.sizing.tensors import Role, Split, Tensor, linear, unquantised


def feed_forward(
    hidden: int, width: int, *, gated: bool = True, bias: bool = False, module: str = "mlp"
) -> tuple[Tensor, ...]:
    """Return a dense feed-forward layer.

    Args:
        hidden: Width of the residual stream.
        width: Its own width.
        gated: Whether it has a gate (SwiGLU, GeGLU); else one matrix up and one down.
        bias: Whether its matrices have biases.
        module: Its name in the checkpoint.
    """
    gate = linear(f"{module}.gate_proj", width, hidden, bias=bias) if gated else ()
    return (
        *gate,
        *linear(f"{module}.up_proj", width, hidden, bias=bias),
        *linear(f"{module}.down_proj", hidden, width, Split.COLUMNS, bias=bias),
    )


@dataclass(frozen=True, slots=True)
class Experts:
    """The shape of a layer of experts.

    Attributes:
        hidden: Width that goes in and out of an expert.
        count: Experts.
        width: Width of one.
        per_token: Experts that one token takes.
        shared: Width of the experts that every token takes, together; 0 for none.
        shared_gate: Whether these have a gate of their own (Qwen).
        gated: Whether an expert has a gate.
        bias: Whether experts and router have biases (gpt-oss).
        correction: Whether the router has a correction bias a expert (DeepSeek V3).
        module: Their name in the checkpoint.
    """

    hidden: int
    count: int
    width: int
    per_token: int
    shared: int = 0
    shared_gate: bool = False
    gated: bool = True
    bias: bool = False
    correction: bool = False
    module: str = "mlp"
    shared_module: str = "shared_experts"

    @property
    def token_width(self) -> int:
        """Width of the experts that one token takes."""
        return self.per_token * self.width


def experts(shape: Experts) -> tuple[Tensor, ...]:
    """Return a layer of experts with its router and its shared experts."""
    module = shape.module
    up = 2 if shape.gated else 1
    tensors = [
        Tensor(f"{module}.gate", shape.count, shape.hidden, Role.PLAIN, Split.NONE),
        Tensor(f"{module}.experts", up * shape.width, shape.hidden, Role.EXPERTS, Split.ROWS, shape.count),
        Tensor(f"{module}.experts", shape.hidden, shape.width, Role.EXPERTS, Split.COLUMNS, shape.count),
    ]
    if shape.bias:
        tensors += [
            unquantised(f"{module}.gate.bias", shape.count),
            Tensor(f"{module}.experts.bias", up * shape.width, 1, Role.PLAIN, Split.ROWS, shape.count),
            Tensor(f"{module}.experts.bias", shape.hidden, 1, Role.PLAIN, Split.NONE, shape.count),
        ]
    if shape.correction:
        tensors.append(Tensor(f"{module}.gate.e_score_correction_bias", shape.count, 1, Role.FLOAT32, Split.NONE))
    if shape.shared:
        name = f"{module}.{shape.shared_module}"
        tensors += feed_forward(shape.hidden, shape.shared, gated=shape.gated, module=name)
    if shape.shared_gate:
        tensors.append(unquantised(f"{module}.shared_expert_gate", 1, shape.hidden))
    return tuple(tensors)
