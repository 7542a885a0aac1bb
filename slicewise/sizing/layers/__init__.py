"""The parts that layers are made of, as tensors and caches: attention, feed-forward, recurrent, towers."""

from slicewise.sizing.layers.attention import Heads, LatentHeads, grouped_attention, latent_attention
from slicewise.sizing.layers.audio import Conformer, conformer
from slicewise.sizing.layers.feed_forwards import Experts, experts, feed_forward
from slicewise.sizing.layers.recurrent import DeltaNet, Mamba2, delta_net, mamba2
from slicewise.sizing.layers.towers import TOWER, Encoder, encoder, merger, pixels, projector

__all__ = [
    "TOWER",
    "Conformer",
    "DeltaNet",
    "Encoder",
    "Experts",
    "Heads",
    "LatentHeads",
    "Mamba2",
    "conformer",
    "delta_net",
    "encoder",
    "experts",
    "feed_forward",
    "grouped_attention",
    "latent_attention",
    "mamba2",
    "merger",
    "pixels",
    "projector",
]
