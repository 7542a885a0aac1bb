"""Layers with a fixed state in place of keys and values: Mamba 2, and the gated delta net."""

from __future__ import annotations

from dataclasses import dataclass

from slicewise.sizing.caches import FixedState
from slicewise.sizing.tensors import Role, Split, Tensor, linear, norm


@dataclass(frozen=True, slots=True)
class DeltaNet:
    """The shape of a gated delta net (Qwen3-Next, Qwen 3.5).

    Attributes:
        hidden: Width of the residual stream.
        key_heads: `linear_num_key_heads`.
        value_heads: `linear_num_value_heads`.
        key_size: `linear_key_head_dim`.
        value_size: `linear_value_head_dim`.
        kernel: `linear_conv_kernel_dim`.
        state_bytes: Bytes of a number of the recurrent state.
    """

    hidden: int
    key_heads: int
    value_heads: int
    key_size: int
    value_size: int
    kernel: int
    state_bytes: int

    @property
    def keys(self) -> int:
        """Numbers of all keys."""
        return self.key_heads * self.key_size

    @property
    def values(self) -> int:
        """Numbers of all values."""
        return self.value_heads * self.value_size

    def cache(self) -> FixedState:
        """Return its state (vLLM v0.23, layers/mamba/mamba_utils.py, gated_delta_net_state_shape)."""
        convolution = (2 * self.keys + self.values) * (self.kernel - 1)
        return FixedState(convolution, self.values * self.key_size, self.state_bytes)


def delta_net(shape: DeltaNet) -> tuple[Tensor, ...]:
    """Return a gated delta net (vLLM v0.23, layers/mamba/gdn)."""
    mixed = 2 * shape.keys + shape.values
    return (
        *linear("linear_attn.in_proj_qkv", mixed, shape.hidden),
        *linear("linear_attn.in_proj_z", shape.values, shape.hidden),
        *linear("linear_attn.in_proj_b", shape.value_heads, shape.hidden),
        *linear("linear_attn.in_proj_a", shape.value_heads, shape.hidden),
        Tensor("linear_attn.conv1d", mixed, shape.kernel, Role.PLAIN, Split.ROWS),
        Tensor("linear_attn.dt_bias", shape.value_heads, 1, Role.PLAIN, Split.ROWS),
        Tensor("linear_attn.A_log", shape.value_heads, 1, Role.FLOAT32, Split.ROWS),
        norm("linear_attn.norm", shape.value_size),
        *linear("linear_attn.out_proj", shape.hidden, shape.values, Split.COLUMNS),
    )


@dataclass(frozen=True, slots=True)
class Mamba2:
    """The shape of a Mamba 2 mixer.

    Attributes:
        hidden: Width of the residual stream.
        heads: Its heads.
        head_size: Numbers of one.
        groups: Groups that share the state's inputs.
        state: Numbers of the state a channel.
        kernel: Width of the convolution.
        state_bytes: Bytes of a number of the recurrent state.
        bias: Whether the projections have biases.
        convolution_bias: Whether the convolution has one.
        module: Its name in the checkpoint.
    """

    hidden: int
    heads: int
    head_size: int
    groups: int
    state: int
    kernel: int
    state_bytes: int
    bias: bool = False
    convolution_bias: bool = True
    module: str = "mamba"

    @property
    def inner(self) -> int:
        """Channels."""
        return self.heads * self.head_size

    def cache(self) -> FixedState:
        """Return its state (vLLM v0.23, layers/mamba/mamba_utils.py, mamba2_state_shape)."""
        return FixedState(
            self.inner * (self.kernel - 1),
            self.inner * self.state,
            self.state_bytes,
            2 * self.groups * self.state * (self.kernel - 1),
            self.groups,
        )


def mamba2(shape: Mamba2) -> tuple[Tensor, ...]:
    """Return a Mamba 2 mixer (vLLM v0.23, layers/mamba/mamba_mixer2.py)."""
    convolution = shape.inner + 2 * shape.groups * shape.state
    name = shape.module
    return (
        *linear(f"{name}.in_proj", shape.inner + convolution + shape.heads, shape.hidden, bias=shape.bias),
        Tensor(f"{name}.conv1d", convolution, shape.kernel + shape.convolution_bias, Role.PLAIN, Split.ROWS),
        Tensor(f"{name}.A", shape.heads, 1, Role.FLOAT32, Split.ROWS),
        Tensor(f"{name}.D", shape.heads, 2, Role.PLAIN, Split.ROWS),
        Tensor(f"{name}.norm", shape.inner, 1, Role.PLAIN, Split.ROWS),
        *linear(f"{name}.out_proj", shape.hidden, shape.inner, Split.COLUMNS, bias=shape.bias),
    )
