"""An exemplar or a prompt that gives away an answer under test is refused, or allowed and said."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.config.load import load_suite
from harness.errors import ConfigErrors
from harness.media import look
from harness.metrics.diversity import words
from harness.pipeline.asking.leakage import find, guard
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.asking.run import run_suite
from harness.pipeline.looking.check import check
from harness.store.run_folder import RunFolder

SUITE = "prompts/titles"


@pytest.fixture
def others(project):
    """Make a dataset for exemplars of rows and pictures."""

    def make(*rows, **pictures):
        images = project / "datasets/dishes/images"
        for name, picture in pictures.items():
            picture.save(images / f"{name}.png")
        named = [{"image": "other.png", "n": 0} | row for row in rows]
        Image.new("RGB", (50, 50), "pink").save(images / "other.png")
        (project / "datasets/dishes/more.jsonl").write_text("\n".join(map(json.dumps, named)))
        text = (project / "datasets/dishes.yaml").read_text().replace("samples.jsonl", "more.jsonl")
        (project / "datasets/more.yaml").write_text(text)

    return make


def suite(project, extra="", **variants):
    for name, text in variants.items():
        (project / SUITE / f"{name}.yaml").write_text(text)
    path = project / SUITE / "suite.yaml"
    path.write_text(path.read_text() + extra)
    return project / SUITE


def plan_of(folder, **choice):
    return make_plan(load_suite(folder), Choice(**choice))


def refused(folder, **choice):
    with pytest.raises(ConfigErrors) as error:
        guard(plan_of(folder, **choice), look)
    return [str(problem) for problem in error.value.problems]


def csv_lines(results):
    return (results / "table.csv").read_text().splitlines()


def photo(seed, size=(160, 120)):
    """A picture with something to be known again by."""
    grey = np.random.default_rng(seed).integers(0, 256, (30, 40), dtype=np.uint8)
    return Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC).convert("RGB")


class Progress:
    """Nobody is told."""

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


def test_an_honest_suite_is_not_refused_and_no_picture_is_looked_at(project):
    def never(ref):
        raise AssertionError(ref)

    found = guard(plan_of(project / SUITE), never)
    assert (found.by_variant, found.allowed, found.pictures) == ({}, (), 0)


def test_exemplars_that_are_samples_under_test_are_listed_with_their_place(project):
    folder = suite(project, plain="user: x\nexemplars: {dataset: dishes, ids: [s3, s1]}\n")
    [error] = refused(folder)
    assert error.startswith(f"{folder}/plain.yaml:2: variant 'plain' gives away the answer of 2")
    assert "exemplar 's1' – sample 's1': the same sample; exemplar 's3' – sample 's3'" in error
    assert "allow_leakage: true" in error


def test_a_sample_that_is_not_asked_is_not_under_test(project):
    folder = suite(project, plain="user: x\nexemplars: {dataset: dishes, ids: [s3]}\n")
    assert guard(plan_of(folder, limit=2), look).by_variant == {}
    assert refused(folder, limit=3)


def test_another_description_of_the_same_file_is_the_same_data(project):
    twin = (project / "datasets/dishes.yaml").read_text()
    (project / "datasets/twin.yaml").write_text(twin)
    folder = suite(project, plain="user: x\nexemplars: {dataset: twin, ids: [s3]}\n")
    assert "exemplar 's3' – sample 's3': the same sample" in refused(folder)[0]


def test_an_id_of_other_data_is_no_leak(project, others):
    others({"id": "s1", "title": "Quite another dish"})
    folder = suite(project, plain="user: x\nexemplars: {dataset: more, ids: [s1]}\n")
    assert guard(plan_of(folder), look).by_variant == {}


def test_the_image_and_the_answer_of_a_sample_under_test_are_found_in_other_data(project, others):
    others(
        {"id": "a", "image": "s1.png", "title": "Something else"},
        {"id": "b", "title": "Avocado and tomato salad!"},
    )
    folder = suite(project, plain="user: x\nexemplars: {dataset: more, ids: [a, b]}\n")
    [error] = refused(folder)
    assert "exemplar 'a' – sample 's1': the same image" in error
    assert "exemplar 'b' – sample 's2': the same reference, 'avocado and tomato salad'" in error


@pytest.mark.parametrize(
    ("answer", "leaks"),
    [
        ("The Avocado and Tomato Salad", True),
        ("Avocado & Tomato Salad", True),
        ("An avocado, a tomato: salad", True),
        ("Ａｖｏｃａｄｏ tomato salad", True),
        ("Avocado or Tomato Salad", False),
        ("Tomato and Avocado Salad", False),
        ("The Soup", False),  # what tells is one word: a label
    ],
)
def test_small_words_hide_no_answer(project, others, answer, leaks):
    """Found 2026-11-26: an article before it, and an exemplar's answer was not found."""
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace("Creamy Corn Chowder", "Soup"))
    others({"id": "a", "title": answer})
    folder = suite(project, plain="user: x\nexemplars: {dataset: more, ids: [a]}\n")
    found = find(plan_of(folder), look).by_variant
    said = "exemplar 'a' – sample 's2': the same reference, 'avocado and tomato salad'"
    assert [str(leak) for leak in found.get("plain", ())] == ([said] if leaks else [])


def test_small_words_hide_no_reference_in_a_prompts_own_text(project):
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace("Creamy Corn Chowder", "Salt and Pepper"))
    folder = suite(project, plain="user: Such as avocado & tomato salad.\n")
    assert "'avocado and tomato salad' stands in the prompt's own text" in refused(folder)[0]
    # Two words that tell may well be needed.
    folder = suite(project, plain="user: Season with salt, pepper.\n")
    assert guard(plan_of(folder), look).by_variant == {}


def test_a_picture_under_test_that_was_encoded_anew_is_found(project, others):
    images = project / "datasets/dishes/images"
    for i in range(4):
        photo(i).save(images / f"s{i + 1}.png")
    photo(2, (80, 60)).save(images / "small.jpg", quality=50)
    others({"id": "a", "image": "small.jpg", "title": "Something else"}, far=photo(9))
    folder = suite(project, plain="user: x\nexemplars: {dataset: more, ids: [a], images: false}\n")
    [error] = refused(folder)
    assert "exemplar 'a' – sample 's3': an image that looks the same" in error
    assert "sample 's1'" not in error
    few = find(plan_of(folder), look, most=2)
    assert few.by_variant == {}
    assert few.notices == (
        "of 4 pictures under test 2 were compared with those of exemplars by how they look; "
        "all by their bytes",
    )


def test_labels_are_no_leak(project, others):
    rows = project / "datasets/dishes/samples.jsonl"
    text = rows.read_text().replace("Creamy Corn Chowder", "soup")
    rows.write_text(text.replace("Mushroom Toast with Egg", "a warm toast"))
    others({"id": "a", "title": "Soup"}, {"id": "b", "title": "A warm toast"})
    shown = "user: x\nexemplars: {dataset: more, ids: [a, b]}\n"
    [error] = refused(suite(project, plain=shown))
    assert "'soup'" not in error
    assert "exemplar 'b' – sample 's3': the same reference" in error
    allowed = shown + "structured_outputs: {choice: [a warm toast, soup]}\n"
    assert guard(plan_of(suite(project, plain=allowed)), look).by_variant == {}


def test_a_reference_of_three_words_in_a_prompts_own_text_is_refused(project):
    folder = suite(project, plain="description: d\nuser: Such as 'MUSHROOM toast with  egg'!\n")
    [error] = refused(folder)
    assert error.startswith(f"{folder}/plain.yaml:2: ")
    assert "its reference 'mushroom toast with egg' stands in the prompt's own text" in error
    assert guard(plan_of(suite(project, plain="user: Toast with egg.\n")), look).by_variant == {}


def test_three_words_are_enough(project):
    folder = suite(project, plain="user: Such as creamy corn chowder.\n")
    assert "'creamy corn chowder' stands in the prompt's own text" in refused(folder)[0]


def test_the_most_similar_picture_is_not_shown_where_it_is_the_samples_own(project, others):
    images = project / "datasets/dishes/images"
    for i in range(4):
        photo(i).save(images / f"s{i + 1}.png")
    photo(2, (80, 60)).save(images / "small.jpg", quality=50)
    others(
        {"id": "a", "image": "small.jpg", "title": "Something else"},
        {"id": "b", "image": "far.png", "title": "Another thing"},
        far=photo(9),
    )
    shots = "exemplars: {dataset: more, choose: similar, count: 1, by: image}"
    plan = plan_of(suite(project, plain=f"user: x\n{shots}\n"))
    assert plan.similar["plain"].chosen["s3"] == (1,)
    assert guard(plan, look).by_variant == {}


def test_variants_of_a_matrix_say_it_once(project):
    text = "matrix: {n: [1, 2, 3]}\nuser: Mushroom toast with egg, {{ n }}\n"
    [error] = refused(suite(project, plain=text))
    assert "(and 2 more of its matrix)" in error


def test_a_run_is_refused_before_anything_is_written_and_check_says_the_same(project, harness):
    folder = suite(project, plain="user: x\nexemplars: {dataset: dishes, ids: [s3]}\n")
    run = harness("run", folder)
    assert run.returncode == 1
    assert "exemplar 's3' – sample 's3': the same sample" in run.stderr
    assert not (project / "results" / "titles").exists()
    [problem] = check(folder).problems
    assert problem.message in run.stderr


def test_check_finds_leakage_beside_another_problem(project):
    folder = suite(
        project,
        plain="user: x\nexemplars: {dataset: dishes, ids: [s3]}\n",
        title="user: '{{ nothing }}'\n",
    )
    said = [str(problem) for problem in check(folder).problems]
    assert len(said) == 2
    assert any("the same sample" in text for text in said)


def test_what_is_allowed_stands_in_every_table_and_page(project, harness):
    folder = suite(
        project,
        "allow_leakage: true\n",
        plain="matrix: {tone: [a, b]}\nuser: '{{ tone }}'\n"
        "exemplars: {dataset: dishes, ids: [s3]}\n",
    )
    run = harness("run", folder)
    assert run.returncode == 0
    [results] = (project / "results" / "titles").iterdir()
    pages = {
        name: (results / name).read_text() for name in ("table.md", "table.tex", "report.html")
    }
    pages |= {"terminal": run.stdout}
    pages |= {verb: harness(verb, results).stdout for verb in ("compare", "effects", "compliance")}
    for name, page in pages.items():
        assert "leakage is allowed" in " ".join(page.split()), name
    assert RunFolder(results).summary().leakage == RunFolder(results).run().leakage != ()
    assert any("leakage is allowed" in notice for notice in check(folder).notices)


def test_allowing_what_does_not_leak_says_nothing(project):
    folder = suite(project, "allow_leakage: true\n")
    outcome = run_suite(folder, Choice(), out=None, with_reported=False, progress=Progress())
    assert not any("leakage" in notice for notice in outcome.summary.notices)


def test_the_shipped_suites_give_nothing_away(repository):
    folder = repository / "prompts" / "recipe-titles"
    assert guard(make_plan(load_suite(folder), Choice()), look).by_variant == {}


@given(st.text(), st.text())
def test_case_and_punctuation_hide_no_answer(before, after):
    text = f"{before} MUSHROOM, toast — with egg. {after}"
    assert " mushroom toast with egg " in f" {words(text)} "
