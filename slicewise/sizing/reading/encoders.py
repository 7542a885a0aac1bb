"""Encoders of images and audio beside a decoder, read from `vision_config` and `audio_config`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from slicewise.sizing.architecture import Images
from slicewise.sizing.layers import TOWER, Conformer, Encoder, conformer, encoder, merger, pixels, projector
from slicewise.sizing.reading.fields import Fields
from slicewise.sizing.tensors import Split, Tensor, linear, norm, unquantised

# The classes' defaults, which real files leave out (transformers v5.23, configuration_siglip.py, _clip.py, _pixtral.py,
# _qwen2_5_vl.py, _qwen3_vl.py, _llama4.py, _kimi_k25.py).
_SIGLIP: Final = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "image_size": 224, "patch_size": 16,
}  # fmt: skip
_CLIP: Final = {**_SIGLIP, "patch_size": 32}
_PIXTRAL: Final = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "patch_size": 16}
_QWEN25: Final = {
    "depth": 32, "hidden_size": 3584, "intermediate_size": 3420, "patch_size": 14, "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}  # fmt: skip
_QWEN2: Final = {
    "depth": 32, "embed_dim": 1280, "mlp_ratio": 4, "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2,
}  # fmt: skip
_QWEN3: Final = {
    "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "patch_size": 16, "spatial_merge_size": 2,
    "temporal_patch_size": 2, "num_position_embeddings": 2304,
}  # fmt: skip
# Of Qwen3-VL's classes alone: those of Qwen 3.5 join no further layers.
_QWEN3_DEEP: Final = {**_QWEN3, "deepstack_visual_indexes": [8, 16, 24]}
_LLAMA4: Final = {
    "hidden_size": 768, "intermediate_size": 5632, "num_hidden_layers": 34, "image_size": 448, "patch_size": 14,
    "projector_input_dim": 4096, "projector_output_dim": 4096,
}  # fmt: skip
_KIMI: Final = {
    "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "patch_size": 14, "pos_emb_height": 64,
    "pos_emb_width": 64,
}  # fmt: skip
_GEMMA4_AUDIO: Final = {
    "hidden_size": 1024, "num_hidden_layers": 12, "conv_kernel_size": 5, "output_proj_dims": 1536,
    "subsampling_conv_channels": [128, 32],
}  # fmt: skip
_GEMMA4: Final = {"position_embedding_size": 10240, "patch_size": 16}
# `vision_feature_layer: -2`: LLaVA drops the encoder's last layer (vLLM v0.23, models/llava.py).
_LLAVA_DROPS: Final = 1
_QWEN_MERGED: Final = 2


@dataclass(frozen=True, slots=True)
class Towers:
    """The encoders of a model.

    Attributes:
        tensors: Their weights.
        images: What they cost while vLLM profiles.
    """

    tensors: tuple[Tensor, ...]
    images: Images


def _siglip_like(vision: Fields, *, drops: int = 0, extra: int = 0) -> tuple[Tensor, ...]:
    patch = vision.count("patch_size")
    side = vision.count("image_size") // patch
    return encoder(
        Encoder(
            hidden=vision.count("hidden_size"),
            layers=max(vision.count("num_hidden_layers") - drops, 1),
            width=vision.count("intermediate_size"),
            patch=pixels(patch),
            positions=side * side + extra,
        )
    )


def _gemma3(config: Fields, hidden: int) -> Towers:
    vision = config.below("vision_config", _SIGLIP)
    width = vision.count("hidden_size")
    joined = (unquantised(f"{TOWER}.projector", width, hidden), norm(f"{TOWER}.projector.norm", width))
    return Towers((*_siglip_like(vision), *joined), Images.FIXED)


def _llava(config: Fields, hidden: int) -> Towers:
    clip = config.below("vision_config").word("model_type", "clip_vision_model").startswith("clip")
    vision = config.below("vision_config", _CLIP if clip else _SIGLIP)
    drops = _LLAVA_DROPS if not config.has("vision_feature_layer") or clip else 0
    tensors = _siglip_like(vision, drops=drops, extra=1 if clip else 0)
    joined = projector(vision.count("hidden_size"), hidden, bias=config.flag("multimodal_projector_bias", default=True))
    return Towers((*tensors, *joined), Images.FIXED)


def _llava_next(config: Fields, hidden: int) -> Towers:
    towers = _llava(config, hidden)
    return Towers((*towers.tensors, norm(f"{TOWER}.image_newline", hidden)), Images.FIXED)


def _pixtral(config: Fields, hidden: int) -> Towers:
    vision = config.below("vision_config", _PIXTRAL)
    width = vision.count("hidden_size")
    merged = config.count("spatial_merge_size", default=2) ** 2
    tower = encoder(
        Encoder(
            hidden=width,
            layers=vision.count("num_hidden_layers"),
            width=vision.count("intermediate_size"),
            patch=pixels(vision.count("patch_size")),
            gated=True,
            bias=False,
            feed_forward_bias=False,
            layer_norm=False,
        )
    )
    joined = (
        norm(f"{TOWER}.projector.norm", width),
        *linear(f"{TOWER}.projector.patch_merger", width, width * merged, Split.NONE),
        *projector(width, hidden, bias=config.flag("multimodal_projector_bias")),
    )
    return Towers((*tower, *joined), Images.FIXED)


def _qwen25(config: Fields, hidden: int) -> Towers:
    vision = config.below("vision_config", _QWEN25)
    width = vision.count("hidden_size")
    merged = vision.count("spatial_merge_size") ** 2
    tower = encoder(
        Encoder(
            hidden=width,
            layers=vision.count("depth"),
            width=vision.count("intermediate_size"),
            patch=pixels(vision.count("patch_size"), vision.count("temporal_patch_size")),
            gated=True,
            layer_norm=False,
        )
    )
    output = vision.count("out_hidden_size", default=hidden)
    return Towers((*tower, *merger(width, merged, output)), Images.ANY_RESOLUTION)


def _qwen2(config: Fields, hidden: int) -> Towers:
    vision = config.below("vision_config", _QWEN2)
    width = vision.count("embed_dim")
    merged = vision.count("spatial_merge_size") ** 2
    tower = encoder(
        Encoder(
            hidden=width,
            layers=vision.count("depth"),
            width=width * vision.count("mlp_ratio"),
            patch=pixels(vision.count("patch_size"), vision.count("temporal_patch_size")),
        )
    )
    output = vision.count("hidden_size", default=hidden)
    return Towers((*tower, *merger(width, merged, output)), Images.ANY_RESOLUTION)


def _qwen3_vl(config: Fields, hidden: int) -> Towers:
    return _qwen3(config.below("vision_config", _QWEN3_DEEP), hidden)


def _qwen3_5(config: Fields, hidden: int) -> Towers:
    return _qwen3(config.below("vision_config", _QWEN3), hidden)


def _qwen3(vision: Fields, hidden: int) -> Towers:
    width = vision.count("hidden_size")
    merged = vision.count("spatial_merge_size") ** 2
    tower = encoder(
        Encoder(
            hidden=width,
            layers=vision.count("depth"),
            width=vision.count("intermediate_size"),
            patch=pixels(vision.count("patch_size"), vision.count("temporal_patch_size")),
            positions=vision.count("num_position_embeddings"),
        )
    )
    deep = len(vision.counts("deepstack_visual_indexes"))
    output = vision.count("out_hidden_size", default=hidden)
    return Towers(
        (*tower, *merger(width, merged, output), *(merger(width, merged, output, wide_norm=True) * deep)),
        Images.ANY_RESOLUTION,
    )


def _gemma4(config: Fields, hidden: int) -> Towers:
    tensors: list[Tensor] = []
    if config.has("vision_config"):
        vision = config.below("vision_config", _GEMMA4)
        width = vision.count("hidden_size")
        tensors += encoder(
            Encoder(
                hidden=width,
                layers=vision.count("num_hidden_layers"),
                width=vision.count("intermediate_size"),
                patch=pixels(vision.count("patch_size")),
                positions=2 * vision.count("position_embedding_size"),
                gated=True,
                bias=False,
                feed_forward_bias=False,
                layer_norm=False,
                norms=4,
            )
        )
        tensors.append(unquantised(f"{TOWER}.embed_vision", hidden, width))
    if config.has("audio_config"):
        audio = config.below("audio_config", _GEMMA4_AUDIO)
        output = audio.count("output_proj_dims")
        shape = Conformer(
            hidden=audio.count("hidden_size"),
            layers=audio.count("num_hidden_layers"),
            kernel=audio.count("conv_kernel_size"),
            output=output,
            channels=audio.counts("subsampling_conv_channels"),
        )
        tensors += (*conformer(shape), unquantised(f"{TOWER}.embed_audio", hidden, output))
    return Towers(tuple(tensors), Images.FIXED)


def _llama4(config: Fields, hidden: int) -> Towers:
    vision = config.below("vision_config", _LLAMA4)
    width = vision.count("hidden_size")
    patch = vision.count("patch_size")
    side = vision.count("image_size") // patch
    tower = encoder(
        Encoder(
            hidden=width,
            layers=vision.count("num_hidden_layers"),
            width=vision.count("intermediate_size"),
            patch=pixels(patch),
            positions=side * side + 1,
        )
    )
    inner, output = vision.count("projector_input_dim"), vision.count("projector_output_dim")
    adapter = (
        *linear(f"{TOWER}.adapter.fc1", inner, vision.count("intermediate_size")),
        *linear(f"{TOWER}.adapter.fc2", output, inner, Split.COLUMNS),
        *linear(f"{TOWER}.projector", hidden, output),
    )
    return Towers((*tower, *adapter), Images.FIXED)


def _kimi(config: Fields, hidden: int) -> Towers:
    vision = config.below("vision_config", _KIMI)
    width = vision.count("vt_hidden_size", "hidden_size")
    tower = encoder(
        Encoder(
            hidden=width,
            layers=vision.count("vt_num_hidden_layers", "num_hidden_layers"),
            width=vision.count("vt_intermediate_size", "intermediate_size"),
            patch=pixels(vision.count("patch_size")),
            positions=vision.count("init_pos_emb_height", "pos_emb_height")
            * vision.count("init_pos_emb_width", "pos_emb_width"),
        )
    )
    return Towers((*tower, *merger(width, _QWEN_MERGED**2, hidden)), Images.FIXED)


def _internvl(config: Fields, hidden: int) -> Towers:
    vision = config.below("vision_config")
    width = vision.count("hidden_size")
    tensors = _siglip_like(vision, extra=1)
    scaled = norm(f"{TOWER}.ls", width, bias=True)
    joined = width * 4
    return Towers(
        (
            *tensors,
            *((scaled,) * vision.count("num_hidden_layers")),
            norm(f"{TOWER}.mlp1.0", joined, bias=True),
            *projector(joined, hidden),
        ),
        Images.FIXED,
    )


# A key of the config that holds the decoder's fields, and how the encoders beside it are read.
READERS: Final[dict[str, Callable[[Fields, int], Towers]]] = {
    "gemma3": _gemma3,
    "gemma4": _gemma4,
    "mistral3": _pixtral,
    "llava": _llava,
    "llava_next": _llava_next,
    "qwen2_vl": _qwen2,
    "qwen2_5_vl": _qwen25,
    "qwen3_vl": _qwen3_vl,
    "qwen3_vl_moe": _qwen3_vl,
    "qwen3_5": _qwen3_5,
    "qwen3_5_moe": _qwen3_5,
    "llama4": _llama4,
    "kimi_vl": _kimi,
    "internvl_chat": _internvl,
}
