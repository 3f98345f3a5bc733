"""What other tools call by the same names: ``python benchmarks/metric_names.py``.

Eight recipe titles and what a model might say, scored by ours and by each tool as its own
documentation suggests to begin with, and in the setting closest to ours. The tools are no
dependencies: ``pip install nltk sacrebleu rouge_score``; one that is missing is said to be missing.
Prints the table of docs/metrics.md.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from harness.metrics.bare_texts import answers_of
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TITLES = [
    ("Zucchini-Lentil Fritters With Lemony Yogurt", "Zucchini Fritters with Yogurt Sauce"),
    ("3-Ingredient Brown-Butter Shortbread", "Brown Butter Shortbread Cookies"),
    ("Anchovy and Rosemary Roasted Lamb", "Roasted Leg of Lamb with Rosemary"),
    ("Coconut-Lime Dressing", "Creamy Coconut Lime Dressing"),
    (
        "Miso-Butter Roast Chicken With Acorn Squash Panzanella",
        "Roast chicken with squash and bread salad",
    ),
    ("Grandma\u2019s Crème Brûlée (Make-Ahead)", "Classic Creme Brulee"),
    ("Warm Comfort", "Chamomile Tea Hot Toddy"),
    ("Green Beans With Mustard and Hazelnuts", "green beans with mustard and hazelnuts"),
]
REFERENCES = [title for title, _ in TITLES]
PREDICTIONS = [said for _, said in TITLES]

Row = tuple[str, str, float | str]
"""Our name, whose number of that name, the number or why there is none."""


def ours(tools: ScoringTools) -> Iterator[Row]:
    """Score with the harness."""
    for name in ("bleu", "rouge_l", "meteor", "cider"):
        metric = create(name, tools)
        rows = metric.statistics(answers_of(PREDICTIONS, [[title] for title in REFERENCES]))
        scores = metric.aggregate(rows.sum(axis=0)).tolist()
        for column, score in zip(metric.columns, scores, strict=True):
            yield column, f"harness, tokenizer: {tools.tokenizer}", score


def of_sacrebleu(_: ScoringTools) -> Iterator[Row]:
    """Score with sacrebleu, whose BLEU is 0 to 100: divided by 100 here."""
    from sacrebleu.metrics.bleu import BLEU

    tool = f"sacrebleu {version('sacrebleu')}"

    def bleu(order: int, **options: Any) -> float:
        scorer = BLEU(max_ngram_order=order, **options)
        return float(scorer.corpus_score(PREDICTIONS, [REFERENCES]).score) / 100

    for order in (1, 4):
        yield f"BLEU_{order}", f"{tool}, as it comes", bleu(order)
        close = bleu(order, lowercase=True, smooth_method="none")
        yield f"BLEU_{order}", f"{tool}, lower case, no smoothing", close


def of_nltk(tools: ScoringTools) -> Iterator[Row]:
    """Score with NLTK's BLEU, on words as they stand and on our tokens."""
    import warnings

    from nltk.translate.bleu_score import corpus_bleu

    tool = f"NLTK {version('nltk')}"
    for label, tokenized in (("split at spaces", list), ("on our tokens", tools.tokenize)):
        said = [text.split() for text in tokenized(PREDICTIONS)]
        wanted = [[text.split()] for text in tokenized(REFERENCES)]
        for order in (1, 4):
            with warnings.catch_warnings():
                # It warns of orders without a match, which is what the table shows.
                warnings.simplefilter("ignore")
                score = corpus_bleu(wanted, said, weights=(1 / order,) * order)
            yield f"BLEU_{order}", f"{tool}, {label}", float(score)


def of_nltk_meteor(_: ScoringTools) -> Iterator[Row]:
    """Score with NLTK's METEOR, where its WordNet was downloaded; the mean of the samples."""
    from nltk.translate.meteor_score import meteor_score

    label = f"NLTK {version('nltk')}, lower case, split at spaces"
    try:
        scores = [
            meteor_score([title.lower().split()], said.lower().split()) for title, said in TITLES
        ]
    except LookupError:
        yield "METEOR", label, "not measured: its WordNet is not installed"
    else:
        yield "METEOR", label, sum(scores) / len(scores)


def of_evaluate(_: ScoringTools) -> Iterator[Row]:
    """Score with the ``bleu`` module of evaluate, where it can be fetched."""
    import evaluate

    try:
        bleu = evaluate.load("bleu", revision="v0.4.6")
    except (OSError, ImportError):
        for order in (1, 4):
            yield f"BLEU_{order}", "evaluate's bleu", "not measured: it cannot be fetched"
        return
    for order in (1, 4):
        found = bleu.compute(predictions=PREDICTIONS, references=REFERENCES, max_order=order)
        yield f"BLEU_{order}", f"evaluate's bleu, max_order={order}", found["bleu"]


def of_rouge_score(_: ScoringTools) -> Iterator[Row]:
    """Score with Google's rouge_score, which evaluate's rouge is; the mean of the samples."""
    from rouge_score.rouge_scorer import RougeScorer

    tool = f"rouge_score {version('rouge_score')}, rougeL F1"
    for label, stemmer in (("", False), (", stemmer", True)):
        scorer = RougeScorer(["rougeL"], use_stemmer=stemmer)
        scores = [scorer.score(title, said)["rougeL"].fmeasure for title, said in TITLES]
        yield "ROUGE_L", tool + label, sum(scores) / len(scores)


OTHERS: dict[str, tuple[Callable[[ScoringTools], Iterator[Row]], ...]] = {
    "evaluate": (of_evaluate,),
    "sacrebleu": (of_sacrebleu,),
    "nltk": (of_nltk, of_nltk_meteor),
    "rouge_score": (of_rouge_score,),
}
"""Package → what it is asked for."""


def main() -> None:
    """Print the table, metric by metric, and then what a short title does."""
    with ScoringTools() as tools, ScoringTools(tokenizer="none") as raw:
        rows = [*ours(tools), *ours(raw)]
        for package, measures in OTHERS.items():
            try:
                version(package)
            except PackageNotFoundError:
                print(f"{package} is missing, and so are its rows: pip install {package}")
                continue
            for measure in measures:
                rows += measure(tools)
        base = {name: score for name, _, score in rows[:7]}
        print("| name | whose | number | difference |\n|---|---|---|---|")
        for name in base:
            for row, whose, score in rows:
                if row == name and isinstance(score, float):
                    difference = score - float(base[name])
                    print(f"| {name} | {whose} | {score:.4f} | {difference:+.4f} |")
                elif row == name:
                    print(f"| {name} | {whose} | {score} | |")
        print("\n| identical title of | BLEU_1 | BLEU_2 | BLEU_3 | BLEU_4 | CIDEr |")
        print("|---|---|---|---|---|---|")
        for words in (1, 2, 3, 4, 5):
            scores = " | ".join(f"{score:.4f}" for score in perfect(words, raw))
            print(f"| {words} word{'s' * (words > 1)} | {scores} |")


def perfect(words: int, tools: ScoringTools) -> list[float]:
    """Score a title of so many words against itself, in a set of two unlike titles."""
    titles = [" ".join(f"{letter}{i}" for i in range(words)) for letter in "ab"]
    scores: list[float] = []
    for name in ("bleu", "cider"):
        metric = create(name, tools)
        rows = metric.statistics(answers_of(titles, [[title] for title in titles]))
        scores += metric.aggregate(rows[0]).tolist()
    return scores


if __name__ == "__main__":
    main()
