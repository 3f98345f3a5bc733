"""What scoring one file of predictions costs: ``python benchmarks/scoring_predictions.py``.

``harness score --predictions``, 20,000 short titles of one system, a reference each: CPU time of
the whole command with its children (reading, planning, Java, intervals, every file of the run, the
report) against that of a process that runs pycocoevalcap's PTBTokenizer and scorers on the same
pairs and writes nothing; both with their imports, and with the bytecode that Python keeps of what
is installed, which a first round that does not count has it write. Without METEOR, then with it.
The sides take turns, and a ratio is of one round: what else runs on the machine disturbs both. Both
must give the same scores.

The titles are made of people's captions of COCO images, which every install has inside
pycocoevalcap's SPICE jar, so that their words are as frequent as real ones: a caption without its
function words, its first 2 to 8 words, how many being drawn. Prediction and reference are two
captions of one image. ``--pairs 2000`` for a fast look.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

METRICS = ("bleu", "rouge_l", "cider")
WORDS, WEIGHTS = (2, 3, 4, 5, 6, 7, 8), (5, 13, 23, 23, 17, 11, 8)
"""Words of a title, and how many of a hundred have so many."""
FUNCTION_WORDS = frozenset(
    "a an the of in on at to with and or is are was be by for from as it its his her their this "
    "that there some up out into over near next while who which has have".split()
)
DATASET = """
source: {format: csv, path: titles.csv}
columns: {id: id, image: image, references: [title]}
images: {root: images}
"""
COMMAND = "import sys; from harness.cli import main; sys.exit(main())"


def titles(pairs: int) -> list[tuple[str, str]]:
    """Make a reference and a prediction of each image."""
    from scoring import captions  # not at the top: their side is to import none of ours

    draw = random.Random(pairs)  # lengths, not a secret
    references, systems = captions(pairs)
    return [
        (shortened(reference, draw), shortened(prediction, draw))
        for reference, prediction in zip(references, systems[0], strict=True)
    ]


def shortened(caption: str, draw: random.Random) -> str:
    """Make a title of a caption."""
    words = [w for w in caption.strip(" .\n").split() if w.lower() not in FUNCTION_WORDS]
    [length] = draw.choices(WORDS, WEIGHTS)
    return " ".join(words[:length]).capitalize() or "Picture"


def make_project(root: Path, pairs: list[tuple[str, str]]) -> None:
    """Write the dataset, which has no picture here, and the file of predictions."""
    for name in ("prompts", "datasets"):
        (root / name).mkdir()
    (root / "datasets" / "titles.yaml").write_text(DATASET)
    rows = [(f"{i:06}", reference, text) for i, (reference, text) in enumerate(pairs)]
    with (root / "datasets" / "titles.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "image", "title"))
        writer.writerows((i, f"{i}.jpg", reference) for i, reference, _ in rows)
    with (root / "texts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text"))
        writer.writerows((i, text) for i, _, text in rows)
    (root / "texts.json").write_text(
        json.dumps([list(texts) for texts in zip(*pairs, strict=True)])
    )


def measured(command: list[str], root: Path) -> tuple[float, float, str]:
    """Run a command; give CPU seconds of it and of all that it started, MB at most, and stdout."""
    from harness.metrics.java import find_java

    # pycocoevalcap runs whatever java is on PATH, and METEOR's EVAL fails in some locales.
    java = str(Path(find_java()).parent)
    environment = {**os.environ, "PATH": f"{java}{os.pathsep}{os.environ['PATH']}"}
    environment["LC_ALL"] = "C.UTF-8"
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with (root / "stdout").open("w+") as said, (root / "stderr").open("w") as errors:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=said, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    if process.returncode:
        sys.exit(f"{command} failed:\n{text}{(root / 'stderr').read_text()}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text


def ours(root: Path, *, meteor: bool) -> tuple[float, float, dict[str, float]]:
    """Score by the command; give CPU seconds, megabytes and scores."""
    metrics = (*METRICS, *(["meteor"] if meteor else []))
    command = [sys.executable, "-c", COMMAND, "score", "--predictions", "texts.csv"]
    command += ["--dataset", "titles", "--json", *(f"--metric={name}" for name in metrics)]
    seconds, megabytes, said = measured(command, root)
    scores = {result["metric"]: result["value"] for result in json.loads(said)["results"]}
    return seconds, megabytes, scores


def other(root: Path, *, meteor: bool) -> tuple[float, float, dict[str, float]]:
    """Score by pycocoevalcap; give the same."""
    command = [sys.executable, str(Path(__file__).resolve()), "--theirs", "texts.json"]
    seconds, megabytes, said = measured(command if meteor else [*command, "--no-meteor"], root)
    return seconds, megabytes, json.loads(said.splitlines()[-1])


def theirs(texts: Path, *, meteor: bool) -> dict[str, float]:
    """Score by pycocoevalcap, in this process and Java's."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    tokenizer = PTBTokenizer()
    wanted, given = (
        tokenizer.tokenize({i: [{"caption": text}] for i, text in enumerate(side)})
        for side in json.loads(texts.read_text())
    )
    values, _ = Bleu(4).compute_score(wanted, given, verbose=0)
    scores = {f"BLEU_{order}": value for order, value in enumerate(values, 1)}
    scores["ROUGE_L"] = float(Rouge().compute_score(wanted, given)[0])
    scores["CIDEr"] = float(Cider().compute_score(wanted, given)[0])
    if meteor:
        from pycocoevalcap.meteor.meteor import Meteor

        scores["METEOR"] = Meteor().compute_score(wanted, given)[0]
    return scores


def compare(root: Path, rounds: int, *, meteor: bool) -> str:
    """Let the sides take turns; print each round and give the figure."""
    ratios = []
    for round_ in range(rounds + 1):
        mine, his = ours(root, meteor=meteor), other(root, meteor=meteor)
        difference = max(abs(mine[2][name] - value) for name, value in his[2].items())
        assert difference < 1e-9, f"the two sides scored different things: {mine[2]}, {his[2]}"
        if not round_:
            continue
        ratios.append(mine[0] / his[0])
        print(
            f"{'with' if meteor else 'without'} METEOR: CPU {mine[0]:.2f} s, pycocoevalcap "
            f"{his[0]:.2f} s, ratio {ratios[-1]:.2f}; largest process {mine[1]:,.0f} MB and "
            f"{his[1]:,.0f} MB; scores within {difference:.0e}",
            flush=True,
        )
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    return f"{statistics.median(ratios):.2f} x ({spread})"


def main() -> None:
    """Measure, and print the figure last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-meteor", action="store_true")
    parser.add_argument("--theirs", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.theirs:
        print(json.dumps(theirs(options.theirs, meteor=not options.no_meteor)))
        return
    with tempfile.TemporaryDirectory() as name:
        root, pairs = Path(name), titles(options.pairs)
        make_project(root, pairs)
        words = statistics.fmean(len(text.split()) for pair in pairs for text in pair)
        print(f"{options.pairs:,} pairs of titles of {words:.1f} words")
        figures: dict[str, Any] = {
            label: compare(root, options.rounds, meteor=meteor)
            for label, meteor in (("without METEOR", False), ("with METEOR", True))
            if not (meteor and options.no_meteor)
        }
    print("\nCPU time of harness score --predictions over pycocoevalcap's, all in:")
    for label, figure in figures.items():
        print(f"{label:16}{figure}")


if __name__ == "__main__":
    main()
