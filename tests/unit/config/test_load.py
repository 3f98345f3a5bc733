import pytest

from harness.config.load import load_dataset, load_preset, load_suite, load_variant, preset_names
from harness.errors import ConfigErrors


def problems(load, *args):
    with pytest.raises(ConfigErrors) as caught:
        load(*args)
    return [str(problem) for problem in caught.value.problems]


def test_a_suite_is_resolved(project):
    suite = load_suite(project / "prompts" / "titles")
    assert suite.name == "titles"
    assert [variant.name for variant in suite.variants] == ["plain", "title"]
    assert suite.baseline == "plain"
    assert suite.dataset.path == project / "datasets" / "dishes" / "samples.jsonl"
    assert suite.models[0].engine == "fake"
    assert suite.root == project


def test_variants_default_to_every_yaml_beside_the_suite(project, write):
    folder = project / "prompts" / "titles"
    write(
        folder / "suite.yaml", "dataset: dishes\nmodels: [{engine: fake, model: none, name: m}]\n"
    )
    assert [variant.name for variant in load_suite(folder).variants] == ["plain", "title"]


def test_all_problems_of_a_file_are_reported_at_once(project, write):
    folder = project / "prompts" / "titles"
    path = write(
        folder / "suite.yaml",
        """
        dataset: dishes
        varaints: [plain]
        models: [demo]
        metrics: bleu
        tokenizer: 3
        """,
    )
    found = problems(load_suite, folder)
    assert found[0] == f"{path}:2: unknown key 'varaints'\n  hint: did you mean 'variants'?"
    assert found[1].startswith(f"{path}:4: 'metrics':")
    assert found[2].startswith(f"{path}:5: 'tokenizer':")


def test_problems_of_several_files_are_reported_together(project, write):
    folder = project / "prompts" / "titles"
    write(folder / "plain.yaml", "uesr: x\n")
    write(folder / "title.yaml", "user: [x]\n")
    found = problems(load_suite, folder)
    assert any("plain.yaml:1: unknown key 'uesr'" in problem for problem in found)
    assert any("title.yaml:1: 'user':" in problem for problem in found)


def test_names_that_do_not_exist_get_the_nearest_one(project, write):
    folder = project / "prompts" / "titles"
    write(
        folder / "suite.yaml",
        """
        dataset: dishse
        variants: [plain, tilte]
        baseline: nothing
        models: [demmo]
        """,
    )
    text = "\n".join(problems(load_suite, folder))
    assert "suite.yaml:1: no dataset 'dishse'\n  hint: did you mean 'dishes'?" in text
    assert "suite.yaml:2: no variant 'tilte'\n  hint: did you mean 'title'?" in text
    assert "suite.yaml:3: baseline 'nothing' is no variant" in text
    assert "suite.yaml:4: no model preset 'demmo'\n  hint: did you mean 'demo'?" in text


def test_an_unknown_key_of_an_inline_model_is_named(project, write):
    folder = project / "prompts" / "titles"
    write(
        folder / "suite.yaml",
        """
        dataset: dishes
        models:
          - name: m
            model: x
            engin: fake
        """,
    )
    text = "\n".join(problems(load_suite, folder))
    assert "suite.yaml:5: unknown key 'engin'\n  hint: did you mean 'engine'?" in text


def test_metrics_that_name_none_or_several_are_told_with_their_lines(project, write):
    folder = project / "prompts" / "titles"
    write(
        folder / "suite.yaml",
        """
        dataset: dishes
        models: [{name: m, engine: fake, model: none}]
        metrics:
          - {bleu: {}, cider: {}}
          - keywords: ingredients
        """,
    )
    two, options = problems(load_suite, folder)
    assert "suite.yaml:4: 'metrics': a metric with options is one name and its options" in two
    assert "hint: for example {keywords: {field: ingredients}}" in two
    assert "suite.yaml:5: 'metrics': metric keywords: 'ingredients' is no mapping" in options


def test_extends_merges_field_by_field(project, write):
    folder = project / "prompts" / "titles"
    write(
        folder / "plain.yaml", "system: S\nuser: U\ngeneration: {max_tokens: 9, temperature: 1}\n"
    )
    write(folder / "child.yaml", "extends: plain\nuser: V\ngeneration: {max_tokens: 5}\n")
    child = load_variant(folder, "child")
    assert (child.system, child.user) == ("S", "V")
    assert child.generation == {"max_tokens": 5, "temperature": 1}
    assert child.where["system"].path.name == "plain.yaml"
    assert child.where["user"].path.name == "child.yaml"


def test_extends_reaches_another_suite(project, write):
    other = project / "prompts" / "other"
    write(other / "copy.yaml", "extends: ../titles/plain\n")
    assert load_variant(other, "copy").user == "Name the dish."


def test_a_file_that_is_reached_in_two_ways_has_one_name(project, write):
    broken = write(project / "prompts/titles/plain.yaml", "user: x\ngeneration: {top_p: 2}\n")
    write(project / "prompts/other/copy.yaml", "extends: ../titles/plain\n")
    [problem] = problems(load_variant, project / "prompts/other", "copy")
    assert problem.startswith(f"{broken}:2: 'top_p' is 2")
    (project / "prompts/link").symlink_to(project / "prompts/titles", target_is_directory=True)
    write(project / "prompts/other/linked.yaml", "extends: ../link/../titles/plain\n")
    [problem] = problems(load_variant, project / "prompts/other", "linked")
    assert problem.startswith(f"{broken}:2: 'top_p' is 2")


def test_a_variant_that_is_no_regular_file_is_said_to_be_none(project):
    (project / "prompts/titles/folder.yaml").mkdir()
    [problem] = problems(load_variant, project / "prompts/titles", "folder")
    assert "folder.yaml: 'folder.yaml' is no file that can be read" in problem


def test_extending_in_a_circle_is_refused(project, write):
    folder = project / "prompts" / "titles"
    write(folder / "a.yaml", "extends: b\n")
    write(folder / "b.yaml", "extends: a\n")
    (problem,) = problems(load_variant, folder, "a")
    assert "b.yaml:1: variants extend in a circle: a → b → a" in problem


def test_a_number_where_text_is_due_is_told_to_be_quoted(project, write):
    folder = project / "prompts" / "titles"
    write(folder / "plain.yaml", "user: 12\n")
    (problem,) = problems(load_variant, folder, "plain")
    assert "put it in quotes: '12'" in problem


def test_a_folder_without_a_suite_is_explained(project):
    (problem,) = problems(load_suite, project / "prompts")
    assert "no suite.yaml" in problem
    assert "prompts/titles" in problem


def test_an_unknown_source_format_lists_those_that_are_known(tmp_path, write):
    path = write(
        tmp_path / "d.yaml",
        """
        source: {format: xlsx, path: x.xlsx}
        columns: {id: id, image: image, references: [t]}
        """,
    )
    (problem,) = problems(load_dataset, path)
    assert "'csv', 'tsv', 'jsonl', 'parquet'" in problem


def test_every_preset_loads():
    for name in preset_names():
        assert load_preset(name).name == name
