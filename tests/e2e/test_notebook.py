"""The how-to notebook, run from its first cell to its last in a kernel of its own."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[2]
NOTEBOOK = "docs/how-to/notebook.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    here = tmp_path_factory.mktemp("notebook")
    for folder in ("prompts", "datasets"):
        shutil.copytree(REPOSITORY / folder, here / folder)
    notebook = nbformat.read(REPOSITORY / NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(here)}}
    )
    return client.execute()


def html_of(notebook, source):
    """Give what the first cell with this in its source shows."""
    cell = next(cell for cell in notebook.cells if source in cell.source)
    [shown] = [out for out in cell.outputs if out.output_type == "execute_result"]
    return shown.data["text/html"]


def test_every_cell_runs_and_those_that_end_in_a_value_show_it(executed):
    for cell in executed.cells:
        if cell.cell_type == "code":
            kinds = [out.output_type for out in cell.outputs]
            assert kinds.count("execute_result") == 1, (cell.source, kinds)
            assert "error" not in kinds


def test_it_shows_verdicts_tables_and_pictures(executed):
    for source in ("evaluate_async", "run.compare("):
        shown = html_of(executed, source)
        assert 'class="verdict"' in shown
        assert "title-style" in shown
    assert html_of(executed, "run.gallery(").count("data:image/webp;base64,") == 3
    assert "reference_words" in html_of(executed, "run.slices(")
    assert "ROUGE_L" in html_of(executed, "harness.score(")


def test_the_notebook_in_the_repository_has_no_outputs(repository):
    notebook = nbformat.read(repository / NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
