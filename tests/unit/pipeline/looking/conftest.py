"""What tests of several lints share: dishes to show as exemplars."""

import json

import pytest


@pytest.fixture
def train(project):
    """Write ``datasets/train.yaml``: the project's pictures under other titles.

    The suite allows the leak, which is another matter.
    """
    data = project / "datasets"

    def write(titles=("Pie One", "Pie Two", "Pie Three", "Pie Four"), data_of=()):
        lines = (data / "dishes/samples.jsonl").read_text().splitlines()
        rows = [json.loads(line) | {"title": t} for line, t in zip(lines, titles, strict=True)]
        for row, text in zip(rows, data_of, strict=False):
            row["n"] = text
        (data / "dishes/train.jsonl").write_text("\n".join(map(json.dumps, rows)))
        twin = (data / "dishes.yaml").read_text().replace("samples.jsonl", "train.jsonl")
        (data / "train.yaml").write_text(twin)
        suite = project / "prompts/titles/suite.yaml"
        suite.write_text(f"{suite.read_text()}allow_leakage: true\n")

    return write
