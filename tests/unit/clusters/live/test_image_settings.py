"""What KServe concludes from its settings about weights in images; tests/cluster has its controller conclude it."""

from __future__ import annotations

import json

import pytest

from slicewise.clusters.live.image_settings import ImageSettings, image_settings

# storageInitializer of KServe's release v0.20.0 (install/v0.20.0/kserve.yaml), and of its chart with its values.
RELEASED = {"image": "kserve/storage-initializer:v0.20.0", "enableModelcar": True, "uidModelcar": 1010}
MODES = ('"modelcar"', '"native"', '"fetch"')


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (RELEASED, ImageSettings(taken=True)),
        (RELEASED | {"enableModelcar": False}, ImageSettings(taken=False)),
        ({}, ImageSettings(taken=False)),
        ({"enableOciModelSupport": True}, ImageSettings(taken=True)),
        ({"enableModelcar": False, "enableOciModelSupport": False, "ociModelMode": ""}, ImageSettings(taken=False)),
        ({"enableModelcar": None, "ociModelMode": None}, ImageSettings(taken=False)),
        # An explicit mode has precedence over both switches.
        *(
            ({"enableModelcar": False, "ociModelMode": mode}, ImageSettings(taken=True))
            for mode in ("modelcar", "native", "fetch")
        ),
        # encoding/json of Go takes keys in any case.
        ({"EnableModelCar": True}, ImageSettings(taken=True)),
        (
            {"enableModelcar": True, "ociModelMode": "sidecar"},
            ImageSettings(taken=False, wrong='"ociModelMode": "sidecar"', allowed=MODES),
        ),
        ({"ociModelMode": "Native"}, ImageSettings(taken=False, wrong='"ociModelMode": "Native"', allowed=MODES)),
        ({"ociModelMode": 0}, ImageSettings(taken=False, wrong='"ociModelMode": 0', allowed=MODES)),
        (
            {"enableModelcar": "true"},
            ImageSettings(taken=False, wrong='"enableModelcar": "true"', allowed=("true", "false")),
        ),
        (
            {"enableOciModelSupport": 1},
            ImageSettings(taken=False, wrong='"enableOciModelSupport": 1', allowed=("true", "false")),
        ),
        # The name of the field in Go, which is not its name in JSON.
        ({"enableOciImageSource": True}, ImageSettings(taken=False)),
    ],
    ids=str,
)
def test_as_kserve_concludes(written: dict[str, object], expected: ImageSettings) -> None:
    assert image_settings({"data": {"storageInitializer": json.dumps(written)}}) == expected


@pytest.mark.parametrize(
    "config_map",
    [{}, {"data": {}}, {"data": {"storageInitializer": ""}}, {"data": {"storageInitializer": "{# of kustomize\n}"}}],
)
def test_settings_that_say_nothing(config_map: dict[str, object]) -> None:
    assert image_settings(config_map) is None
