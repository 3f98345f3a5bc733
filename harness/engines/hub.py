"""A Hub id and a revision → the commit that is meant, and whether its files can be had.

A branch or a tag moves: what a key and a record hold, and what an engine loads, is the commit that
it stood at. The Hub is asked; where it does not answer, the local cache. Weights are the engine's
to fetch, adapters are fetched here.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import EngineError

if TYPE_CHECKING:
    from harness.records import ModelConfig

ENGINES = frozenset({"vllm", "transformers"})
"""Those whose model is a checkpoint; to the others a model's name says something else."""

SECONDS = 5.0
"""How long the Hub may take to answer."""

_CONFIG = "config.json"
_PICTURES = ("preprocessor_config.json", "processor_config.json")
_INDEX = "model.safetensors.index.json"
_ADAPTER = "adapter_config.json"


def on_hub(name: str) -> bool:
    """Tell a Hub id from the path of a local folder."""
    return not Path(name).is_absolute()


def is_commit(revision: str | None) -> bool:
    """Tell a commit from a branch or a tag, which may move."""
    return revision is not None and re.fullmatch("[0-9a-f]{40}", revision) is not None


def is_pinned(model: ModelConfig) -> bool:
    """Tell whether what a model's config names can never be other weights."""
    if model.engine not in ENGINES:
        return True
    names = [(model.model, model.revision)]
    if model.adapter:
        names.append(split_adapter(model.adapter))
    return all(is_commit(revision) or not on_hub(name) for name, revision in names)


def split_adapter(adapter: str) -> tuple[str, str | None]:
    """Give an adapter's name and its revision; on the Hub it may be written owner/name@revision."""
    if not on_hub(adapter):
        return adapter, None
    name, _, revision = adapter.partition("@")
    return name, revision or None


def download_command(name: str, revision: str | None) -> str:
    """Write the command that puts a model into the cache."""
    return f"hf download {name}{f' --revision {revision}' if revision else ''}"


def check_local(model: ModelConfig) -> ModelConfig:
    """Refuse a checkpoint or an adapter whose folder is not there; the Hub is not asked.

    Raises:
        EngineError: it is not.
    """
    if model.engine in ENGINES:
        for word, name in (("model", model.model), ("adapter", model.adapter)):
            if name and not on_hub(name) and not Path(name).is_dir():
                raise EngineError(
                    f"no such {word} folder: {name}",
                    hint=f"'{word}' is the path of a folder, or a Hub id like owner/name",
                    key=word,
                )
    return model


class Hub:
    """Finds commits; a Hub that could not be reached once is not asked again."""

    def __init__(self) -> None:
        self._silence = ""
        """Why the Hub is not asked any more."""
        self._stood: dict[tuple[str, str | None], str | None] = {}
        """Model and commit → the branch or tag of which the Hub gave it."""

    def pin(self, model: ModelConfig) -> ModelConfig:
        """Put the commits for the revisions of a model and its adapter.

        Raises:
            EngineError: neither the Hub nor the cache knows one, or a local folder is not there.
        """
        check_local(model)
        if model.engine not in ENGINES:
            return model
        if on_hub(model.model):
            model = replace(model, revision=self._commit(model.model, model.revision, _CONFIG))
        if model.adapter and on_hub(model.adapter):
            name, revision = split_adapter(model.adapter)
            model = replace(model, adapter=f"{name}@{self._commit(name, revision, _ADAPTER)}")
        return model

    def describe(self, model: ModelConfig) -> ModelConfig:
        """See to it that what a pinned model says of its pictures is here, where it can be had.

        By its settings, some kilobytes, images that it refuses are known before it is loaded.
        """
        if model.engine in ENGINES and on_hub(model.model):
            files = (_CONFIG, *_PICTURES)
            unknown = [file for file in files if _nothing_known(model.model, model.revision, file)]
            # Asked first: what fetches files tries for half a minute where there is no network.
            if unknown and self._ask(model.model, model.revision)[0] is not None:
                _download(model.model, model.revision, unknown)
        return model

    def fetch(self, model: ModelConfig) -> ModelConfig:
        """See to it that a pinned model can be loaded; put a folder for an adapter on the Hub.

        Raises:
            EngineError: the model or its adapter is not there and not to be had.
        """
        if model.engine not in ENGINES:
            return model
        if on_hub(model.model) and not _whole(model.model, model.revision):
            commit, reason = self._ask(model.model, model.revision)
            if commit is None:
                partly = _in_cache(model.model, model.revision, _CONFIG) is not None
                raise _missing(model.model, model.revision, reason, partly)
            self._note(model.model, model.revision)
        if model.adapter and on_hub(model.adapter):
            model = replace(model, adapter=self._folder(*split_adapter(model.adapter)))
        return model

    def _commit(self, name: str, revision: str | None, file: str) -> str:
        if revision is not None and is_commit(revision):
            return revision
        commit, reason = self._ask(name, revision)
        if commit is not None:
            self._stood[name, commit] = revision
        else:
            path = _in_cache(name, revision, file)
            commit = path.parent.name if path else None
        if commit is None:
            raise _missing(name, revision, reason)
        return commit

    def _note(self, name: str, commit: str | None) -> None:
        """Let the cache know at which commit a branch stood, which is loaded by its commit alone.

        Without this nobody would find it there later, offline.
        """
        import httpx2
        from huggingface_hub import HfApi

        if (name, commit) in self._stood:
            with suppress(httpx2.HTTPError, OSError, ValueError):
                HfApi().resolve_revision(name, revision=self._stood[name, commit])

    def _ask(self, name: str, revision: str | None) -> tuple[str | None, str]:
        """Ask the Hub for a commit; where it gives none, say why."""
        import httpx2
        from huggingface_hub import HfApi
        from huggingface_hub.errors import (
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        if self._silence:
            return None, self._silence
        try:
            return HfApi().model_info(name, revision=revision, timeout=SECONDS).sha, ""
        except HFValidationError:
            return None, "no id on the Hub looks like this"
        except RevisionNotFoundError:
            return None, "the Hub has no such revision of it"
        except GatedRepoError:
            return None, "the Hub wants its terms accepted first (then: hf auth login)"
        except RepositoryNotFoundError:
            return None, "the Hub has none of this name, or not for everyone (hf auth login)"
        except HfHubHTTPError as error:
            return None, f"the Hub answered {error.response.status_code}"
        except OfflineModeIsEnabled:
            self._silence = "HF_HUB_OFFLINE is set"
        except (httpx2.HTTPError, OSError, ValueError) as error:
            self._silence = f"the Hub cannot be reached ({type(error).__name__}: {error})"
        return None, self._silence

    def _folder(self, name: str, commit: str | None) -> str:
        """Give the folder of an adapter, which is fetched where the cache has it not."""
        import httpx2
        from huggingface_hub import snapshot_download

        try:
            return str(snapshot_download(name, revision=commit, local_files_only=True))
        except (OSError, ValueError):
            hub_commit, reason = self._ask(name, commit)
        if hub_commit is None:
            raise _missing(name, commit, reason)
        self._note(name, commit)
        try:
            return str(snapshot_download(name, revision=commit))
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise _missing(name, commit, f"it could not be fetched: {error}") from error


def _in_cache(name: str, revision: str | None, file: str) -> Path | None:
    """Find a file of a revision in the local cache."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        path = try_to_load_from_cache(name, file, revision=revision)
    except HFValidationError:
        return None
    return Path(path) if isinstance(path, str) else None


def _nothing_known(name: str, commit: str | None, file: str) -> bool:
    """Tell whether the cache has no file of a commit, and does not know either that it has none."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return try_to_load_from_cache(name, file, revision=commit) is None
    except HFValidationError:
        return True


def _download(name: str, commit: str | None, files: list[str]) -> None:
    """Put small files into the cache; those that cannot be had are left out."""
    import httpx2
    from huggingface_hub import hf_hub_download

    for file in files:
        with suppress(httpx2.HTTPError, OSError, ValueError):
            hf_hub_download(name, file, revision=commit, etag_timeout=SECONDS)


def _whole(name: str, commit: str | None) -> bool:
    """Tell whether the cache has a checkpoint's config and all its weights."""
    config = _in_cache(name, commit, _CONFIG)
    if config is None:
        return False
    folder = config.parent
    if (folder / _INDEX).is_file():
        parts = json.loads((folder / _INDEX).read_text(encoding="utf-8"))["weight_map"].values()
        return all((folder / part).is_file() for part in parts)
    return any(path.is_file() for end in ("safetensors", "bin") for path in folder.glob(f"*.{end}"))


def _missing(name: str, revision: str | None, reason: str, partly: bool = False) -> EngineError:
    from huggingface_hub import constants

    state = "only a part of it is" if partly else "it is not"
    return EngineError(
        f"no model '{name}' ({revision or 'main'}): {state} in the cache "
        f"{constants.HF_HUB_CACHE}, and {reason}",
        hint=f"where there is a network: {download_command(name, revision)}; it goes to the folder "
        f"that HF_HOME names (here {constants.HF_HOME}), which can be copied to another machine. "
        "Or give the path of a local folder instead, like ./weights",
    )
