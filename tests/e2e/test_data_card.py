"""``harness data card``: one page of a whole dataset."""

import html
import json
import re
import sys


def card(harness, project, *words):
    done = harness("data", "card", "dishes", *words, cwd=project)
    assert done.returncode == 0, done.stderr
    return done


def test_the_card_of_a_dataset_is_one_file_beside_nothing(harness, project):
    before = set(project.iterdir())
    assert card(harness, project).stdout == "wrote dishes-card.html\n"
    assert {path.name for path in set(project.iterdir()) - before} <= {
        "dishes-card.html",
        "results",
    }
    page = (project / "dishes-card.html").read_text()
    assert page.count('src="data:image/webp;base64,') == 4
    assert "Lemon-Garlic Shrimp Skillet" in page


def test_the_same_data_and_seed_give_the_same_page(harness, project):
    pages = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        card(harness, project, "--to", f"{name}.html", "--samples", "2", "--seed", seed)
        pages.append((project / f"{name}.html").read_text())
    assert pages[0] == pages[1] != pages[2]
    assert "2 of 4, drawn by chance (seed 1)" in pages[0]


def test_without_the_package_of_clouds_the_rest_is_written_and_it_is_said_how_to_have_them(
    harness, project, monkeypatch
):
    assert "cloud" not in card(harness, project).stderr
    monkeypatch.setitem(sys.modules, "wordcloud", None)
    done = card(harness, project)
    assert done.stdout == "wrote dishes-card.html\n"
    missing = "the package wordcloud is not installed (pip install '.[card]')"
    assert missing in done.stderr
    page = html.unescape((project / "dishes-card.html").read_text())
    assert re.sub("</?code>", "", page).count(missing) == 1
    assert page.count('src="data:image/webp;base64,') == 4


def test_it_counts_what_data_check_counts(harness, project):
    rows = project / "datasets/dishes/samples.jsonl"
    more = [
        {"id": "s5", "image": "gone.png", "title": "Gone"},
        {"id": "s6", "image": "s1.png", "title": "LOUD SOUP"},
        {"id": "s1", "image": "s1.png", "title": "Twice"},
    ]
    rows.write_text(rows.read_text() + "".join(f"{json.dumps(row)}\n" for row in more))
    card(harness, project)
    page = (project / "dishes-card.html").read_text()
    told = json.loads(harness("data", "check", "dishes", "--json", cwd=project).stdout)
    figures = {
        name: int(value) for name, value in re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page)
    }
    assert (figures["rows"], figures["samples"]) == (told["rows"], told["kept"]) == (7, 5)
    assert (figures["row left out"], figures["independent units"]) == (1, 4)
    for shown in ("missing image", "duplicate id", "titles in capitals only", "line 5 s5"):
        assert shown in page


def test_a_page_that_cannot_be_written_is_said_in_a_line(harness, project):
    done = harness("data", "card", "dishes", "--to", "no/such/card.html", cwd=project)
    assert done.returncode == 1
    assert "no/such/card.html cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_converted_dataset_is_used_as_the_first_was(harness, project):
    done = harness("data", "convert", "dishes", "--to", "copy", cwd=project)
    assert done.stdout == "wrote copy/dishes.yaml: 4 samples, 4 images; 0 rows are left out\n"
    told = [
        json.loads(harness("data", "check", name, "--json", cwd=project).stdout)
        for name in ("dishes", "copy/dishes.yaml")
    ]
    assert told[0] == told[1]
    (project / "datasets/dishes/images/s1.png").unlink()
    fewer = harness("data", "convert", "dishes", "--to", "less", cwd=project)
    assert fewer.stdout == "wrote less/dishes.yaml: 3 samples, 3 images; 1 row is left out\n"
    again = harness("data", "convert", "dishes", "--to", "copy", cwd=project)
    assert again.returncode == 1
    assert "copy is there already" in again.stderr


def test_a_sealed_split_that_is_shown_is_said_to_be_sealed(harness, project):
    path = project / "datasets" / "dishes.yaml"
    path.write_text(f"{path.read_text()}splits: {{dev: 0.5, test: 0.5, sealed: [test]}}\n")
    said = "the split 'test' is sealed"
    for verb in ("card", "check"):
        for split in ("dev", "test"):
            done = harness("data", verb, "dishes", "--split", split, cwd=project)
            assert done.returncode == 0, done.stderr
            assert (said in done.stderr) == (split == "test")
            if verb == "card":
                page = (project / "dishes-card.html").read_text()
                assert (said in page.replace("&#39;", "'")) == (split == "test")
    done = harness("data", "check", "dishes", "--split", "test", "--json", cwd=project)
    assert said in json.loads(done.stdout)["notes"][0]
    assert not list((project / "results").glob("*.looks.jsonl"))
