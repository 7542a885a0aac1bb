"""Wrong values of where weights come from, and of adapters: what is written, and what is said of it."""

from __future__ import annotations

from typing import Final

_KIND: Final = "ClusterModel"
_ADAPTERS: Final = ("spec", "lora", "adapters")
_FROM_HUB, _FROM_S3, _FROM_VOLUME = (*_ADAPTERS, 0), (*_ADAPTERS, 1), (*_ADAPTERS, 2)
_REPOSITORY: Final = "expected a Hugging Face repository: owner/name, of letters, digits, -, _ and ."
_REVISION: Final = "expected a branch, tag or commit: letters, digits, -, _, . and /, beginning with a letter or digit"
_ADAPTER: Final = "expected letters, digits, -, _ and ., beginning and ending with a letter or digit"
_BUCKET: Final = "expected s3://bucket/path, the bucket of lower-case letters, digits, - and ."
_KEY: Final = "expected a key of a Secret: letters, digits, -, _ and ., not beginning with two dots"
_IN_VOLUME: Final = (
    "expected a path from the volume's root, without / at its ends: letters, digits, -, _, ., =, + and @"
)
_SUBDOMAIN: Final = (
    "expected lower-case letters, digits, - and ., with a letter or digit at both ends and beside every dot"
)
_NAME: Final = [("S3", f'got "S3", {_SUBDOMAIN}; write "s3"')]
_MAPPING: Final = [("[a, b]", "got a list, expected a mapping")]
_ADAPTER_NAME: Final = [("a/b", f'got "a/b", {_ADAPTER}')]

OF_SOURCES: Final[list[tuple[str, tuple[str | int, ...], list[tuple[str, str]]]]] = [
    *[(_KIND, (*adapter, "name"), _ADAPTER_NAME) for adapter in (_FROM_HUB, _FROM_S3, _FROM_VOLUME)],
    (_KIND, (*_FROM_HUB, "source"), [("OCI", 'got "OCI", expected "HuggingFace", "S3" or "PersistentVolumeClaim"')]),
    (_KIND, (*_FROM_HUB, "huggingFace"), _MAPPING),
    (_KIND, (*_FROM_HUB, "huggingFace", "repo"), [("a/b/c", f'got "a/b/c", {_REPOSITORY}')]),
    (_KIND, (*_FROM_HUB, "huggingFace", "revision"), [("a:b", f'got "a:b", {_REVISION}')]),
    (_KIND, (*_FROM_HUB, "huggingFace", "secretRef"), _MAPPING),
    (_KIND, (*_FROM_HUB, "huggingFace", "secretRef", "name"), _NAME),
    (_KIND, (*_FROM_HUB, "huggingFace", "secretRef", "key"), [("..a", f'got "..a", {_KEY}')]),
    (_KIND, (*_FROM_S3, "s3"), _MAPPING),
    (
        _KIND,
        (*_FROM_S3, "s3", "uri"),
        [("s3://A", f'got "s3://A", {_BUCKET}'), ("hf://a/b", f'got "hf://a/b", {_BUCKET}')],
    ),
    (_KIND, (*_FROM_S3, "s3", "secretRef"), _MAPPING),
    (_KIND, (*_FROM_S3, "s3", "secretRef", "name"), _NAME),
    (_KIND, (*_FROM_VOLUME, "persistentVolumeClaim"), _MAPPING),
    (_KIND, (*_FROM_VOLUME, "persistentVolumeClaim", "name"), _NAME),
    (_KIND, (*_FROM_VOLUME, "persistentVolumeClaim", "path"), [("/a/", f'got "/a/", {_IN_VOLUME}; write "a"')]),
    (_KIND, ("spec", "lora", "maxRank"), [("24", "got 24, expected 1, 8, 16, 32, 64, 128, 256, 320 or 512")]),
    (_KIND, ("spec", "lora", "maxAdapters"), [("0", "got 0, expected at least 1")]),
    (_KIND, _ADAPTERS, [("[]", "got 0 items, expected at least 1 item")]),
]
