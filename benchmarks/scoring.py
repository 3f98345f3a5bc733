"""How long scoring six systems takes: ``python benchmarks/scoring.py [--pairs 40000]``.

People's captions of COCO images, which every install has inside pycocoevalcap's SPICE jar: the
first caption of an image is its reference, the other four are four systems, and halves of two of
them put together are two more, so that no system repeats another. Ours scores all six with one
start of the tokeniser and one of METEOR; against it, pycocoevalcap's tokeniser and scorers as its
COCOEvalCap runs them, once a system. Each side runs in a process of its own, one after the other,
and must give the same scores.

Ours pays here for METEOR's start in full; in a run it is hidden behind the generating model.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.metrics.bare_texts import answers_of
from harness.metrics.java import find_jar, find_java
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SYSTEMS = 6
PARTS = ("tokeniser", "BLEU", "ROUGE_L", "CIDEr", "METEOR start", "METEOR")

Seconds = dict[str, list[float]]
"""Part → wall and CPU seconds, all systems together."""


def captions(pairs: int) -> tuple[list[str], list[list[str]]]:
    """Give the references and, for each system, its predictions."""
    with zipfile.ZipFile(find_jar("spice/spice-1.0.jar")) as jar:
        annotations = json.loads(jar.read("coco/annotations/captions_val2014.json"))["annotations"]
    by_image: dict[int, list[str]] = {}
    for annotation in sorted(annotations, key=lambda a: (a["image_id"], a["id"])):
        by_image.setdefault(annotation["image_id"], []).append(annotation["caption"])
    chosen = list(by_image.values())[:pairs]
    if len(chosen) < pairs:
        sys.exit(f"only {len(chosen)} images have captions")
    systems = [[texts[k] for texts in chosen] for k in range(1, 5)]
    systems += [[spliced(texts[k], texts[k + 1]) for texts in chosen] for k in (1, 3)]
    return [texts[0] for texts in chosen], systems


def spliced(start: str, end: str) -> str:
    """Put the first half of one caption before the second half of another."""
    first, second = start.split(), end.split()
    return " ".join(first[: len(first) // 2] + second[len(second) // 2 :])


@contextmanager
def timed(seconds: Seconds, part: str) -> Iterator[None]:
    """Add the wall and CPU seconds of a block to a part; a child counts once it has ended."""
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    yield
    total = seconds.setdefault(part, [0.0, 0.0])
    total[0] += time.perf_counter() - wall
    total[1] += sum(os.times()[:4]) - cpu


def ours(
    references: Sequence[str], systems: Sequence[Sequence[str]], seconds: Seconds, *, meteor: bool
) -> list[dict[str, float]]:
    """Score all systems with the tools shared."""
    lists = [[text] for text in references]
    samples = [answer.sample for answer in answers_of(references, lists)]
    scores: list[dict[str, float]] = [{} for _ in systems]
    with ScoringTools(most=1_000_000) as tools:
        with timed(seconds, "tokeniser"):
            tools.prepare(text for texts in (references, *systems) for text in texts)
        if meteor:
            with timed(seconds, "METEOR start"):
                tools.start_meteor()
                # Not a caption, so that nothing is known in advance.
                tools.meteor_statistics([("a", ["a"])])
        for part in ("BLEU", "ROUGE_L", "CIDEr", "METEOR")[: 4 if meteor else 3]:
            with timed(seconds, part):
                metric = create(part.lower(), tools).among(samples)
                for predictions, found in zip(systems, scores, strict=True):
                    totals = metric.statistics(answers_of(predictions, lists)).sum(axis=0)
                    values = metric.aggregate(totals).tolist()
                    found.update(zip(metric.columns, values, strict=True))
                if part == "METEOR":
                    tools.close()
    return scores


def theirs(
    references: Sequence[str], systems: Sequence[Sequence[str]], seconds: Seconds, *, meteor: bool
) -> list[dict[str, float]]:
    """Score system by system with pycocoevalcap itself."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.meteor.meteor import Meteor
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    # The wrappers run whatever java is on PATH, and METEOR's EVAL fails in some locales.
    os.environ["PATH"] = str(Path(find_java()).parent) + os.pathsep + os.environ["PATH"]
    os.environ["LC_ALL"] = "C.UTF-8"
    scores: list[dict[str, float]] = []
    for predictions in systems:
        found: dict[str, float] = {}
        with timed(seconds, "tokeniser"):
            tokenizer = PTBTokenizer()
            wanted = tokenizer.tokenize({i: [{"caption": t}] for i, t in enumerate(references)})
            given = tokenizer.tokenize({i: [{"caption": t}] for i, t in enumerate(predictions)})
        with timed(seconds, "BLEU"):
            values, _ = Bleu(4).compute_score(wanted, given, verbose=0)
            found |= {f"BLEU_{order}": value for order, value in enumerate(values, 1)}
        with timed(seconds, "ROUGE_L"):
            found["ROUGE_L"] = float(Rouge().compute_score(wanted, given)[0])
        with timed(seconds, "CIDEr"):
            found["CIDEr"] = float(Cider().compute_score(wanted, given)[0])
        if meteor:
            with timed(seconds, "METEOR start"):
                scorer = Meteor()
                scorer.compute_score({0: ["a"]}, {0: ["a"]})
            with timed(seconds, "METEOR"):
                found["METEOR"] = scorer.compute_score(wanted, given)[0]
                del scorer  # Ends its process.
        scores.append(found)
    return scores


def one_side(side: str, texts: Path, *, meteor: bool) -> None:
    """Run one side, in its own process, and print what it took as JSON."""
    references, systems = json.loads(texts.read_text())
    seconds: Seconds = {}
    scores = (ours if side == "ours" else theirs)(references, systems, seconds, meteor=meteor)
    own, java = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps({"seconds": seconds, "scores": scores, "python": own, "java": java}))


def run(side: str, texts: Path, *, meteor: bool) -> Any:
    """Run one side in a process of its own."""
    command = [sys.executable, __file__, "--side", side, "--texts", str(texts)]
    done = subprocess.run(
        command if meteor else [*command, "--no-meteor"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{side} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def figures(ours: Any, theirs: Any, pairs: int, *, meteor: bool) -> None:
    """Print the times of each part, their ratios, and the peaks of memory."""
    difference = max(
        abs(mine[name] - theirs_[name])
        for mine, theirs_ in zip(ours["scores"], theirs["scores"], strict=True)
        for name in theirs_
    )
    print(f"{SYSTEMS} systems x {pairs:,} pairs; largest difference of a score {difference:.1e}")
    assert difference < 1e-9, "the two sides scored different things"
    print(
        f"{'seconds':16}" + f"{'ours':>9}{'theirs':>9}{'ratio':>8}  " + "CPU: ours   theirs   ratio"
    )

    def line(label: str, parts: Sequence[str]) -> None:
        mine, other = (
            [sum(side["seconds"][part][kind] for part in parts) for kind in (0, 1)]
            for side in (ours, theirs)
        )
        print(
            f"{label:16}{mine[0]:9.2f}{other[0]:9.2f}{other[0] / mine[0]:7.1f}x"
            f"{mine[1]:11.2f}{other[1]:9.2f}{other[1] / mine[1]:7.1f}x"
        )

    for part in PARTS[:4]:
        line(part, [part])
    if meteor:
        # A process's CPU time is known when it has ended: both METEOR parts in one.
        for part in PARTS[4:]:
            mine, other = ours["seconds"][part][0], theirs["seconds"][part][0]
            print(f"{part:16}{mine:9.2f}{other:9.2f}{other / mine:7.1f}x")
        line("METEOR, both", PARTS[4:])
    print()
    line("without METEOR", PARTS[:4])
    if meteor:
        line("with METEOR", PARTS)
        for name, side in (("ours", ours), ("theirs", theirs)):
            times = {part: side["seconds"][part][0] for part in PARTS}
            share = (times["METEOR start"] + times["METEOR"]) / sum(times.values())
            print(f"METEOR's share of the wall time, {name}: {share:.0%}")
    for name, side in (("ours", ours), ("theirs", theirs)):
        print(
            f"peak memory, {name}: Python {side['python']:,.0f} MB, "
            f"largest Java process {side['java']:,.0f} MB"
        )


def main() -> None:
    """Measure both sides and print the figures last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--no-meteor", action="store_true")
    parser.add_argument("--side", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    meteor = not options.no_meteor
    if options.side:
        one_side(options.side, options.texts, meteor=meteor)
        return
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts.json"
        texts.write_text(json.dumps(captions(options.pairs)))
        mine = run("ours", texts, meteor=meteor)
        other = run("theirs", texts, meteor=meteor)
    figures(mine, other, options.pairs, meteor=meteor)


if __name__ == "__main__":
    main()
