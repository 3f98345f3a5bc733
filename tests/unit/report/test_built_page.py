"""What ships of the page is what its sources give, and no user needs node to have it."""

import os
import shutil
import subprocess

import pytest

from harness.report.page_files import PARTS


def test_a_build_gives_the_bytes_that_ship(repository, tmp_path):
    page = repository / "harness" / "report" / "page"
    if shutil.which("node") is None or not (page / "node_modules").is_dir():
        if os.environ.get("CI") and shutil.which("node"):
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=page, check=True)
        else:
            pytest.skip("the page's packages are not here: make web")
    subprocess.run(["node", "build.mjs", tmp_path], cwd=page, check=True)
    for part in PARTS:
        assert (tmp_path / part).read_bytes() == (page / "dist" / part).read_bytes(), part
    assert sorted(path.name for path in (page / "dist").iterdir()) == sorted(PARTS)


def test_sources_of_the_page_are_short(repository):
    source = repository / "harness" / "report" / "page" / "src"
    lengths = {path: len(path.read_text().splitlines()) for path in source.rglob("*.ts*")}
    assert len(lengths) > 10
    assert [path for path, lines in lengths.items() if lines > 400] == []


def test_what_is_built_evaluates_and_fetches_nothing(repository):
    script = (repository / "harness" / "report" / "page" / "dist" / "page.js").read_text()
    assert "sourceMappingURL" not in script
    for forbidden in ("eval(", "new Function", "XMLHttpRequest", "fetch("):
        assert forbidden not in script, forbidden
    source = repository / "harness" / "report" / "page" / "src"
    for path in source.rglob("*.ts*"):
        assert "innerHTML" not in path.read_text().replace("InnerHTML", "innerHTML"), path
