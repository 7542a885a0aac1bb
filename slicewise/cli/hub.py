"""Reading what a model is made of from the Hugging Face Hub, for `size --from-hub`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import httpx2
import typer
import yaml

from slicewise.diagnostics import InvalidInputError, quoted
from slicewise.presentation import waiting_bar
from slicewise.sources import QUANTIZATION_FILE, lacks_quantization, read_json_object, with_quantization

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_CONFIG: Final = "config.json"
# Repositories may have the weights once more, as consolidated.safetensors or in folders: vLLM loads these.
_WEIGHTS: Final = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
_SECONDS: Final = 30
# The model's files, then its config.json.
_READ: Final = 2


@dataclass(frozen=True, slots=True)
class HubModel:
    """What the Hub says of a model.

    Attributes:
        repository: Its name.
        revision: The commit that was read.
        config: Its config.json.
        checkpoint_bytes: Bytes of its safetensors files; None where it has none.
    """

    repository: str
    revision: str
    config: dict[str, Any]
    checkpoint_bytes: int | None

    @property
    def architecture(self) -> dict[str, Any]:
        """The document's `spec.architecture`."""
        known = {} if self.checkpoint_bytes is None else {"checkpointBytes": self.checkpoint_bytes}
        return {"architecture": {**known, "config": self.config}}

    @property
    def text(self) -> str:
        """The same as YAML, with where it comes from."""
        written = yaml.safe_dump(self.architecture, sort_keys=False, allow_unicode=True, width=110)
        return f"# config.json of {self.repository}, revision {self.revision}\n{written}"


def read_hub_model(repository: str) -> HubModel:
    """Ask the Hub for a model's config.json and the sizes of its files.

    Endpoint and token are those of huggingface-hub's own environment (`HF_ENDPOINT`, `HF_TOKEN`) or login.

    Raises:
        typer.BadParameter: huggingface-hub is not installed, the Hub has no such model or does not show it, or does not
            answer.
        InvalidInputError: The model's config.json is not a JSON object.
    """
    # Else it tells the Hub, with each question, in which program it runs.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    try:
        from huggingface_hub import HfApi, errors  # noqa: PLC0415 - it takes long, and is an extra
    except ImportError:
        raise _refused(
            "huggingface-hub is not installed; run: pip install 'slicewise[hub]', or in a checkout: make hub"
        ) from None
    hub, name = HfApi(), quoted(repository)
    try:
        with waiting_bar("reading the Hub", _READ) as progress, TemporaryDirectory() as directory:
            info = hub.model_info(repository, files_metadata=True, timeout=_SECONDS)
            progress()
            files = {each.rfilename: each.size for each in info.siblings or ()}
            config = _config(partial(_read_file, hub, repository, info.sha, directory), files)
            progress()
    except errors.HFValidationError:
        raise _refused(f"{name} is not the name of a repository, such as google/gemma-3-27b-it") from None
    except errors.GatedRepoError:
        raise _refused(
            f"{name} is gated: accept its terms, and log in with `hf auth login` or set HF_TOKEN, as who did"
        ) from None
    except errors.RepositoryNotFoundError:
        raise _refused(
            f"the Hub has no model {name}, or does not show it to you: `hf auth login`, or HF_TOKEN, says who you are"
        ) from None
    except errors.RemoteEntryNotFoundError:
        raise _refused(f"{name} has no config.json") from None
    except errors.HfHubHTTPError as error:
        raise _refused(f"the Hub answered {error.response.status_code} to the question for {name}") from None
    except InvalidInputError:
        raise
    except (httpx2.HTTPError, OSError) as error:
        raise _refused(
            f"the Hub did not answer ({type(error).__name__}); look at the network and HF_ENDPOINT"
        ) from None
    return HubModel(repository, info.sha or "main", config, _checkpoint_bytes(files))


def _read_file(hub: HfApi, repository: str, revision: str | None, directory: str, name: str) -> dict[str, Any]:
    path = hub.hf_hub_download(repository, name, revision=revision, local_dir=directory, etag_timeout=_SECONDS)
    return read_json_object(Path(path)).data


def _config(read: Callable[[str], dict[str, Any]], files: Container[str]) -> dict[str, Any]:
    """Return the config, with what another file says of how the weights are quantised."""
    config = read(_CONFIG)
    if lacks_quantization(config) and QUANTIZATION_FILE in files:
        return with_quantization(config, read(QUANTIZATION_FILE))
    return config


def _checkpoint_bytes(files: Mapping[str, int | None]) -> int | None:
    sizes = {name: size for name, size in files.items() if _WEIGHTS.fullmatch(name)}
    whole = sizes.get("model.safetensors")
    if whole is not None:
        return whole
    known = [size for size in sizes.values() if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _refused(message: str) -> typer.BadParameter:
    return typer.BadParameter(f"--from-hub: {message}")
