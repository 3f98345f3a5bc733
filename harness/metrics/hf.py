"""Between our metrics and Hugging Face's ``evaluate``, both ways.

``CocoModule`` makes one of our metrics an offline ``evaluate`` module; the scripts to load are in
harness/evaluate_modules. ``evaluate_corpus`` computes any further ``evaluate`` metric that a user
names: one number for all samples. Nothing says how those of single samples would add up, so it
has no place in the table of metrics and no interval.
"""

from __future__ import annotations

import math
import numbers
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from harness.errors import MetricError
from harness.fingerprint import sha256_file, sha256_folder
from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create, parse_spec
from harness.metrics.tools import ScoringTools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.metric import Metric
    from harness.metrics.tools import Tokenizer
    from harness.records import MetricSpec

MODULES = Path(__file__).resolve().parent.parent / "evaluate_modules"
"""Where our modules lie: ``evaluate.load(str(MODULES / "bleu_coco"))``."""

_TOKENIZERS: dict[str, Tokenizer] = {"default": "ptb", "ptb": "ptb", "none": "none"}

_SHARED: WeakValueDictionary[tuple[str, str | None, str], ScoringTools] = WeakValueDictionary()
"""The tools of the modules that are alive, so that combined modules start Java once.

They end with the last module that holds them.
"""

_HUB_NAME = re.compile(r"(?:[\w.-]+/)?[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class CocoModule:
    """What our ``evaluate`` modules share; to be put before ``evaluate.Metric`` among the bases.

    It is no ``evaluate.Metric`` itself, because ``evaluate.load`` takes the first of these that
    it finds in a script, and so that importing this module loads no ``evaluate``.

    A module's ``compute`` takes ``predictions`` (texts) and ``references`` (a text or a list of
    texts each), and gives the corpus scores under our names, as floats. What says how to compute
    goes to ``evaluate.load``, since ``evaluate.combine`` hands extra arguments of ``compute`` to
    every module: ``config_name`` is the tokeniser (ptb, by default, or none); ``java`` and
    ``heap`` are as in ScoringTools.
    """

    metric: ClassVar[str]
    """The name in harness.metrics.metric.METRICS."""
    description: ClassVar[str]

    config_name: str
    """Set by evaluate.Metric."""

    def __init__(
        self, *args: Any, java: str | None = None, heap: str = "1G", **kwargs: Any
    ) -> None:
        """Take the settings; what ``evaluate.load`` adds goes on to ``evaluate.Metric``.

        Raises:
            MetricError: ``config_name`` is no tokeniser.
        """
        super().__init__(*args, **kwargs)
        if self.config_name not in _TOKENIZERS:
            raise MetricError(
                f"no tokeniser is named '{self.config_name}'", hint="config_name is ptb or none"
            )
        self._java = java
        self._heap = heap
        self._metric: Metric | None = None

    def add_batch(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> None:
        """Take texts and their references; see ``compute``.

        Raises:
            MetricError: there are none.
        """
        # Where two forms of references are allowed, evaluate looks at the first without asking.
        if predictions is not None and len(predictions) == 0:
            raise MetricError(f"{self.metric}: there is nothing to score: no predictions")
        super().add_batch(  # type: ignore[misc]
            predictions=predictions, references=references, **kwargs
        )

    def _info(self) -> Any:
        """Describe the module to ``evaluate``: two forms of references, a text or a list each."""
        import evaluate
        from datasets import Features, Sequence, Value

        text = Value("string")
        return evaluate.MetricInfo(
            description=f"{self.description} As pycocoevalcap 1.2 defines it.",
            citation="",
            inputs_description="predictions: a text each; references: a text or a list of them.",
            # Text first: a list is refused there, but a text would pass as a list of letters.
            features=[
                Features({"predictions": text, "references": text}),
                Features({"predictions": text, "references": Sequence(text)}),
            ],
            reference_urls=["https://github.com/salaniz/pycocoevalcap"],
        )

    def _compute(
        self, *, predictions: Sequence[str], references: Sequence[str | Sequence[str]]
    ) -> dict[str, float]:
        """Give the corpus scores under our names.

        Raises:
            MetricError: a prediction or reference is missing, or Java fails.
        """
        texts = [[given] if isinstance(given, str) else given for given in references]
        for index, (prediction, given) in enumerate(zip(predictions, texts, strict=True)):
            if prediction is None or not given or None in given:
                what = "prediction" if prediction is None else "reference"
                raise MetricError(
                    f"{self.metric}: sample {index} has no {what}",
                    hint="leave the sample out, or give '' to have it scored as an empty text",
                )
        if self._metric is None:
            tokenizer = _TOKENIZERS[self.config_name]
            self._metric = create(self.metric, _shared_tools(tokenizer, self._java, self._heap))
        totals = self._metric.statistics(answers_of(predictions, texts)).sum(axis=0)
        return dict(zip(self._metric.columns, self._metric.aggregate(totals).tolist(), strict=True))


def _shared_tools(tokenizer: Tokenizer, java: str | None, heap: str) -> ScoringTools:
    settings = (tokenizer, java, heap)
    tools = _SHARED.get(settings)
    if tools is None:
        tools = _SHARED[settings] = ScoringTools(tokenizer=tokenizer, java=java, heap=heap)
    return tools


def evaluate_corpus(
    spec: Mapping[str, str], predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Compute an ``evaluate`` metric of somebody else's over texts; see ``score_texts``.

    Args:
        spec: ``evaluate``: the path or the Hub id; ``revision``: the commit, for a Hub id.
        predictions: a text a sample.
        references: one or more texts a sample.
    """
    assert len(predictions) == len(references)
    return score_texts(parse_spec(spec), predictions, references)


def score_texts(
    spec: MetricSpec, predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Compute an ``evaluate`` metric of somebody else's over all samples.

    Its code runs in this process, so what is run must be said exactly: a path that begins with
    ``/``, ``./`` or ``../`` (a script, or a folder that holds a script of its name), or a Hub id
    with the commit that was read. ``evaluate.load`` itself would run ``./bleu/bleu.py`` for
    ``bleu``, and without network the newest copy it once fetched, whatever its revision.

    Args:
        spec: its ``name`` is the path or the Hub id, its option ``revision`` the commit.
        predictions: a text a sample.
        references: one or more texts a sample; one, where the metric takes no more.

    Returns:
        The results that are numbers, under the metric's own names.

    Raises:
        MetricError: the metric is not named exactly, cannot be had, cannot take these samples,
            fails, or gives no finite number.
    """
    check_module(spec)
    name = spec.name
    if not predictions:
        raise MetricError(f"{name}: there is nothing to score: no predictions")
    assert all(references), "a sample without a reference"
    module = _load_path(name) if is_path(name) else _load_commit(name, spec.options["revision"])
    texts = _references_for(module, name, references)
    try:
        results = module.compute(predictions=predictions, references=texts)
    except MetricError:
        raise
    except Exception as error:  # Somebody else's code, which may raise anything.
        raise MetricError(f"{name} failed: {type(error).__name__}: {error}") from error
    return _finite_numbers(name, results)


def check_module(spec: MetricSpec) -> None:
    """Check that a metric's name and its revision say exactly what to run.

    Raises:
        MetricError: they do not.
    """
    name, revision = spec.name, spec.options.get("revision")
    unknown = sorted(set(spec.options) - {"revision"})
    if unknown:
        raise MetricError(
            f"unknown key: {unknown[0]}",
            hint="an evaluate metric is {evaluate: ./path} or {evaluate: id, revision: commit}",
        )
    if is_path(name):
        if revision is not None:
            raise MetricError(f"{name} is a path, which has no revision ({revision})")
    elif not _HUB_NAME.fullmatch(name) or name.endswith(".py"):
        raise MetricError(f"'{name}' is no Hub id", hint=f"a path is written ./{name}")
    elif revision is None or not _COMMIT.fullmatch(str(revision)):
        raise MetricError(
            f"{name} is code from the Hub and has no pinned revision"
            + (f": '{revision}' can move" if revision else ""),
            hint="pin a revision: the 40 digits of the commit that you have read; a metric on this "
            f"machine is written ./{name}",
        )


def source_of(spec: MetricSpec) -> str:
    """Say which code computes a metric, for its signature: a script by its hash, else the commit.

    A path alone would not tell when what stands there has changed.
    """
    if not is_path(spec.name):
        return f"{spec.name}@{str(spec.options.get('revision'))[:12]}"
    script = _script(spec.name)
    folder = script.parent if script.parent.name == script.stem else None
    if not script.is_file():
        return f"{Path(spec.name).name}#missing"
    digest = sha256_folder(folder) if folder else sha256_file(script)
    return f"{Path(spec.name).name}#{digest[:12]}"


def is_path(name: str) -> bool:
    """Tell whether a metric is named by its place on this machine."""
    return name.startswith(("./", "../")) or Path(name).is_absolute()


def is_there(spec: MetricSpec) -> bool:
    """Tell whether the script of a metric is there; of one on the Hub nobody here can say."""
    return not is_path(spec.name) or _script(spec.name).is_file()


def _script(name: str) -> Path:
    path = Path(name).resolve()
    return path if path.suffix == ".py" else path / f"{path.name}.py"


def _load_path(name: str) -> Any:
    script = _script(name)
    if not script.is_file():
        raise MetricError(f"{name}: no metric script at {script}")
    import evaluate

    try:
        return evaluate.load(str(script))
    except (ImportError, OSError, LookupError) as error:
        raise MetricError(f"{name} cannot be loaded: {error}") from error


def _load_commit(name: str, revision: str) -> Any:
    """Load a Hub module at a commit, and nothing else in its place.

    ``evaluate.load`` falls back on the working directory and on other revisions, so this takes
    the steps that it takes in between. What a commit holds does not change, hence no etag: a
    script that was fetched once needs no network.
    """
    from datasets import DownloadConfig
    from evaluate.loading import HubEvaluationModuleFactory, import_main_class

    full = name if "/" in name else f"evaluate-metric/{name}"
    try:
        script = HubEvaluationModuleFactory(
            full, revision=revision, download_config=DownloadConfig(use_etag=False)
        ).get_module()
        module = import_main_class(script.module_path)(hash=script.hash)
        module.download_and_prepare()
    except ImportError as error:
        raise MetricError(f"{name} cannot be loaded: {error}") from error
    except (OSError, LookupError) as error:
        raise MetricError(
            f"{name} at {revision[:12]} cannot be had: {error}",
            hint="without network only what was fetched before can be used; or copy the metric's "
            "folder here and give its path",
        ) from error
    return module


def _references_for(
    module: Any, name: str, references: Sequence[Sequence[str]]
) -> list[str] | list[list[str]]:
    """Give the references in a form that the module takes: lists where it can, else texts."""
    from datasets import Value

    forms = module.features if isinstance(module.features, list) else [module.features]
    if any(set(form) != {"predictions", "references"} for form in forms):
        raise MetricError(
            f"{name} needs {', '.join(forms[0])}; predictions and references are all there is"
        )
    if not all(isinstance(form["references"], Value) for form in forms):
        return [list(texts) for texts in references]
    most = max(map(len, references))
    if most > 1:
        raise MetricError(f"{name} takes one reference a sample; there are up to {most}")
    return [texts[0] for texts in references]


def _finite_numbers(name: str, results: Any) -> dict[str, float]:
    entries = results.items() if isinstance(results, dict) else ()
    scores = {key: float(value) for key, value in entries if isinstance(value, numbers.Real)}
    if not scores or not all(map(math.isfinite, scores.values())):
        raise MetricError(f"{name} gave no finite number: {results!r:.200}")
    return scores
