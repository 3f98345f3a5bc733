"""What a package may add to the harness: a step, a metric, an engine, a format of rows."""

import numpy as np

from harness.dataset.sources.table import Row, check_columns
from harness.engines.fake import FakeEngine


def no_exclamation(text):
    """Take the exclamation marks away; a text without one is none of this step's."""
    return text.replace("!", "") if "!" in text else None


class SameFirstWord:
    """The share of answers that begin as a reference does."""

    columns = ("FIRST_WORD",)

    def __init__(self, tools, letters: int = 0):
        self._letters = letters

    def statistics(self, answers):
        same = [
            self._begin(answer.text) in map(self._begin, answer.sample.references)
            for answer in answers
        ]
        return np.array([[float(hit), 1.0] for hit in same])

    def aggregate(self, totals):
        return totals[..., :1] / totals[..., 1:]

    def signature(self):
        return {"letters": str(self._letters)}

    def _begin(self, text):
        word = (text.split() or [""])[0].casefold()
        return word[: self._letters] if self._letters else word


class Parrot(FakeEngine):
    """Says the last word of what it is asked."""

    def __init__(self, config, *, log):
        super().__init__(config, log=log, reply=lambda request: f"{_last_word(request)}!")


def _last_word(request):
    return request.rendered.messages[-1].parts[-1].text.split()[-1].strip(".")


class Bars:
    """Rows whose cells stand between bars, the first row naming the columns."""

    @staticmethod
    def rows(file, columns, optional):
        lines = file.path.read_text(encoding=file.encoding).splitlines()
        names, *rows = [
            [cell.strip() for cell in line.split("|")] for line in lines if line.strip()
        ]
        check_columns(file, names, columns)
        for number, row in enumerate(rows, start=2):
            cells = dict(zip(names, row, strict=True))
            yield Row(number=number, cells={c: cells.get(c) for c in (*columns, *optional)})
