"""What an editor says of a file is what the loader says, as far as one file tells."""

import ast
import copy
import json
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from harness.config.control_kinds import controls_of
from harness.config.decide import decision
from harness.config.json_schema import FILES
from harness.config.load import load_dataset, load_preset, load_variants
from harness.config.names import unique
from harness.config.problems import Problems
from harness.config.sampling_values import sampling_problems
from harness.config.schema import ControlsFile
from harness.config.validate import validate
from harness.engines.protocol import ENGINES, engine_class
from harness.errors import ConfigError, ConfigErrors, HarnessError
from harness.metrics.registry import check_specs, columns_given, parse_spec
from harness.pipeline.looking.editor_schemas import KINDS, editor_schema
from harness.postprocess import check_steps
from harness.yaml_source import YamlSource, load_yaml

SCHEMAS = "harness/config/schema"
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


@cache
def validator(kind):
    return Draft7Validator(editor_schema(kind))


def shipped(repository):
    """Give every YAML file that ships, with its kind."""
    for path in sorted(repository.glob("prompts/*/*.yaml")):
        yield path, "suite" if path.name == "suite.yaml" else "variant"
    yield from ((path, "dataset") for path in sorted(repository.glob("datasets/*.yaml")))
    yield from ((path, "model") for path in sorted(repository.glob("harness/models/*.yaml")))


def schemas_within(schema):
    """Give a schema and all in it."""
    yield schema
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    parts += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    for part in parts:
        if isinstance(part, dict):
            yield from schemas_within(part)


def test_the_schemas_that_ship_are_those_that_the_command_writes(repository, harness, tmp_path):
    """Written anew by: harness schema --to harness/config/schema"""
    assert harness("schema", "--to", tmp_path).returncode == 0
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    ship = {path.name: path.read_bytes() for path in (repository / SCHEMAS).glob("*.json")}
    assert written.keys() == {f"{kind}.schema.json" for kind in KINDS}
    assert written == ship


def test_every_file_that_ships_names_its_schema_and_keeps_to_it(repository):
    files = list(shipped(repository))
    assert {kind for _, kind in files} == set(KINDS)
    assert len(files) > 30
    for path, kind in files:
        modeline = MODELINE.match(path.read_text())
        assert modeline, path
        schema = (path.parent / modeline[1]).resolve()
        assert schema == repository / SCHEMAS / f"{kind}.schema.json", path
        Draft7Validator(json.loads(schema.read_text())).validate(load_yaml(path).data)


def test_the_command_writes_them_for_the_project_around(project, harness):
    folder = project / ".harness" / "schemas"
    done = harness("schema", cwd=project / "prompts" / "titles")
    assert done.stdout.splitlines() == [
        f"wrote ../../.harness/schemas/{kind}.schema.json" for kind in KINDS
    ]
    lines = dict(line.split("  # ") for line in re.sub(" +#", "  #", done.stderr).splitlines()[1:])
    for place, kind in (
        ("prompts/<suite>/suite.yaml", "suite"),
        ("prompts/<suite>/<variant>.yaml", "variant"),
        ("datasets/<name>.yaml", "dataset"),
    ):
        path = MODELINE.match(f"# {lines[f'  {place}']}\n")[1]
        assert (project / place).parent.joinpath(path).resolve() == folder / f"{kind}.schema.json"


def test_the_command_prints_one_or_writes_it_elsewhere(tmp_path, harness):
    printed = harness("schema", "suite").stdout
    done = harness("schema", "suite", "--to", "new/folder", cwd=tmp_path)
    assert done.stdout == "wrote new/folder/suite.schema.json\n"
    assert (tmp_path / "new/folder/suite.schema.json").read_text() == printed
    assert json.loads(printed)["title"] == "suite"


def test_the_command_says_what_it_cannot_do(tmp_path, harness):
    assert harness("schema", "suites").returncode == 2
    (tmp_path / "file").touch()
    done = harness("schema", "--to", tmp_path / "file")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error: {tmp_path / 'file'}/suite.schema.json cannot be written: " in done.stderr


def test_a_line_for_editors_changes_no_answer_and_no_declaration(project, harness):
    suite = project / "prompts" / "titles" / "suite.yaml"
    suite.write_text(f"{suite.read_text()}decide: {{metric: CIDEr}}\n")
    runs = []
    for line in ("", "# yaml-language-server: $schema=../../.harness/schemas/x.schema.json\n"):
        for path in (*suite.parent.glob("*.yaml"), *project.glob("datasets/*.yaml")):
            path.write_text(line + path.read_text())
        done = json.loads(harness("run", suite.parent, "--json", cwd=project).stdout)
        runs.append((done, json.loads(Path(done["folder"], "run.json").read_text())))
    (before, first), (after, second) = runs
    assert (before["generated"], after["generated"]) == (8, 0)
    assert before["inputs"] == after["inputs"]
    assert (first["decide"]["looks"], second["decide"]["looks"]) == (1, 1)
    for key in ("sha256", "compared_sha256", "declared_at", "answers_before"):
        assert first["decide"][key] == second["decide"][key]
    assert first["variants"] == second["variants"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained_and_examples_and_defaults_can_be_written(kind):
    schema = editor_schema(kind)
    Draft7Validator.check_schema(schema)
    for part in schemas_within(schema):
        for key, of in part.get("properties", {}).items():
            assert of.get("description"), f"{kind}: {key}"
        values = [*part.get("examples", ()), *([part["default"]] if "default" in part else ())]
        for value in values:
            Draft7Validator(part).validate(value)
        if "enumDescriptions" in part:
            assert all(part["enumDescriptions"])
            assert len(part["enumDescriptions"]) == len(part["enum"])


SUITE = {"dataset": "d", "models": ["demo"]}
DATASET = {
    "source": {"format": "csv", "path": "x.csv"},
    "columns": {"id": "id", "image": "image", "references": ["title"]},
}

FAULTS = [
    ("suite", {**SUITE, "varaints": ["a"]}, "an unknown key"),
    ("suite", {"dataset": "d"}, "models are missing"),
    ("suite", {**SUITE, "metrics": "bleu"}, "a text for a list"),
    ("suite", {**SUITE, "models": ["demmo"]}, "no preset"),
    ("suite", {**SUITE, "models": [{"model": "x", "engin": "fake"}]}, "a key within a list"),
    ("suite", {**SUITE, "models": [{"engine": "fake"}]}, "no model"),
    ("suite", {**SUITE, "tokenizer": "words"}, "no tokenizer"),
    ("suite", {**SUITE, "controls": ["gray"]}, "no control"),
    ("suite", {**SUITE, "decoding": {"a": {"top_p": 2}}}, "a share above 1"),
    ("suite", {**SUITE, "decide": {"metric": "CIDEr", "margins": 1}}, "a key of decide"),
    ("suite", {**SUITE, "metrics": [{"keywords": {"feild": "a"}}]}, "an option"),
    ("suite", {**SUITE, "metrics": [{"bleu": {}, "cider": {}}]}, "two metrics in one"),
    ("suite", {**SUITE, "allow_leakage": "yes"}, "a text for a truth value"),
    ("variant", {"uesr": "x"}, "an unknown key"),
    ("variant", {"user": ["x"]}, "a list for a text"),
    ("variant", {"user": "x", "postprocess": "strip"}, "a text for a list"),
    ("variant", {"user": "x", "postprocess": ["json"]}, "a step without its argument"),
    ("variant", {"user": "x", "postprocess": [{"jason": "title"}]}, "a step with an argument"),
    ("variant", {"user": "x", "generation": {"max_tokens": 0}}, "no tokens"),
    ("variant", {"user": "x", "generation": {"max_tokens": None}}, "nothing, where a value is due"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "choose": "last"}}, "no choice"),
    ("variant", {"messages": [{"role": "model", "content": "x"}]}, "no role"),
    ("variant", {"user": "x", "matrix": {"tone": "plain"}}, "an axis without levels"),
    ("variant", {"user": "x", "matrix": {"a": {"values": ["b"], "nuisanse": True}}}, "of an axis"),
    ("variant", {"user": "x", "structured_outputs": {"choices": ["a"]}}, "a key of a form"),
    ("dataset", {**DATASET, "clean": ["missing_images"]}, "no fault"),
    ("dataset", {**DATASET, "clean": ["too_short_reference"]}, "a fault without its number"),
    ("dataset", {**DATASET, "clean": [{"too_short_reference": 2}]}, "a number without its name"),
    ("dataset", {**DATASET, "clean": [{"off_topic": {"words": 2}}]}, "a fault without numbers"),
    ("dataset", {**DATASET, "mend": ["nfc"]}, "no step of mending"),
    ("dataset", {**DATASET, "source": "x.csv"}, "a text for a mapping"),
    ("dataset", {**DATASET, "source": {"format": "csv"}}, "no path"),
    ("dataset", {**DATASET, "columns": {"id": "id", "image": "i", "references": "t"}}, "a text"),
    ("model", {"model": "x", "image": {"max_pixels": "many"}}, "a text for a number"),
    ("model", {"model": "x", "price": {"prompt": -1, "completion": 1}}, "a price below 0"),
    ("model", {"model": "x", "timeout": 0}, "no time"),
    ("model", {"model": "x", "weights": "y"}, "an unknown key"),
    ("suite", {**SUITE, "controls": []}, "no control in the list"),
    ("suite", {**SUITE, "controls": ["blind", "blind"]}, "a control twice"),
    ("suite", {**SUITE, "decide": {"metric": "CIDEr", "margin": 0}}, "no margin"),
    ("suite", {**SUITE, "decide": {"metric": "CIDEr", "margin": {"CIDEr": -1}}}, "below 0"),
    ("suite", {**SUITE, "decide": {"metric": "CIDEr", "margin": {}}}, "margins of nothing"),
    ("suite", {**SUITE, "decide": {"metric": []}}, "no metric decides"),
    ("suite", {**SUITE, "decide": {"metric": ["BLEU_1", "BLEU_2"], "margin": 1}}, "of two"),
    ("suite", {**SUITE, "metrics": ["bleu", "bleu"]}, "a metric twice"),
    ("suite", {**SUITE, "decoding": {"a/b": {}}}, "a slash in a name"),
    ("suite", {**SUITE, "decoding": {"a": {"stop": ""}}}, "an empty stop"),
    ("variant", {"user": "x", "matrix": {"t": []}}, "an axis without a level"),
    ("variant", {"user": "x", "matrix": {"t": ["a", "a"]}}, "a level twice"),
    ("variant", {"user": "x", "matrix": {"t": [1, 1.0]}}, "a number twice"),
    ("variant", {"user": "x", "matrix": {"t": ["a,b"]}}, "a level with a comma"),
    ("variant", {"user": "x", "matrix": {"t": {"values": {}}}}, "an axis without a name"),
    ("variant", {"user": "x", "matrix": {"t": ["a"], "exclude": [{}]}}, "nothing excluded"),
    ("variant", {"user": "x", "matrix": {"image": ["a"]}}, "an axis called image"),
    ("variant", {"user": "x", "vars": {"image": 3}}, "a variable called image"),
    ("variant", {"user": "x", "vars": {"a-b": 3}}, "a hyphen in a variable"),
    ("variant", {"user": "x", "vars": {"a": ["b", "{{ id }}"]}}, "a template in a value"),
    ("variant", {"user": "x", "structured_outputs": {}}, "no form"),
    ("variant", {"user": "x", "structured_outputs": {"regex": "a", "choice": ["a"]}}, "two forms"),
    ("variant", {"user": "x", "messages": [{"role": "user", "content": "x"}]}, "both"),
    ("variant", {"messages": [{"role": "system", "content": "x"}]}, "nobody asks"),
    ("variant", {"user": "x", "postprocess": [{"regex": 3}]}, "a number for an expression"),
    ("variant", {"user": "x", "postprocess": ["regex:a"]}, "an expression without its group"),
    ("variant", {"user": "x", "postprocess": ["truncate_words:0"]}, "no words"),
    ("variant", {"user": "x", "postprocess": [{"truncate_words": 0}]}, "no words in a mapping"),
    ("variant", {"user": "x", "postprocess": ["json:"]}, "no field"),
    ("variant", {"user": "x", "postprocess": {}}, "no pipeline"),
    ("variant", {"user": "x", "postprocess": {"a:b": []}}, "a colon in a pipeline"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d"}}, "neither ids nor choose"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "ids": ["a"], "choose": "first",
                                            "count": 1}}, "ids and choose"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "choose": "first"}}, "no count"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "ids": ["a", "a"]}}, "an id twice"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "ids": ["a"], "seed": 1}}, "a seed"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "choose": "similar", "count": 1}},
     "similar in what"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "choose": "similar", "count": 1,
                                            "by": "metadata."}}, "similar in no field"),
    ("variant", {"user": "x", "exemplars": {"dataset": "d", "ids": ["a"], "as": "text",
                                            "images": True}}, "images in a text"),
    ("dataset", {"source": {"format": "csv", "path": "x.csv"}}, "no columns"),
    ("dataset", {**DATASET, "columns": {"id": "i", "references": ["t"]}}, "no image"),
    ("dataset", {**DATASET, "columns": {"id": "i", "image": [], "references": ["t"]}},
     "a list of no images"),
    ("dataset", {**DATASET, "source": {"format": "jsonl", "path": "x", "delimiter": ";"}},
     "a key of another format"),
    ("dataset", {**DATASET, "source": {"format": "csv", "path": "x", "delimiter": ";;"}},
     "two letters"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "fault"), FAULTS, ids=[fault[-1] for fault in FAULTS])
def test_what_the_loader_refuses_is_marked(kind, data, fault, tmp_path):
    assert not loads(kind, data, tmp_path), fault
    assert not validator(kind).is_valid(data), fault


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("suite", {**SUITE, "models": [{"model": "x", "engine": "dish-engine"}]}),
        ("suite", {**SUITE, "metrics": ["dish_score", {"dish_score": {"weight": 2}}]}),
        ("suite", {**SUITE, "metrics": [{"evaluate": "./mine", "weight": 2}]}),
        ("suite", {**SUITE, "decide": {"metric": ["CIDEr", "DISH"]}}),
        ("variant", {"user": "x", "postprocess": ["first_line", "dish_extras.names"]}),
        ("variant", {"user": "x", "generation": {"dish_sampling": "x"}}),
        ("dataset", {**DATASET, "source": {"format": "dish.db", "path": "x"}}),
    ],
)
def test_what_packages_may_add_is_not_marked(kind, data):
    assert validator(kind).is_valid(data)


def loads(kind, data, folder):
    """Tell whether the loader takes a file that is laid in a folder, and a run the names in it."""
    path = folder / "x.yaml"
    source = YamlSource(
        path=path, data=data, key_lines={(): 1}, text_lines={}, text_breaks={}, written={}
    )
    check = {"suite": check_suite, "variant": check_variant, "dataset": check_dataset}
    try:
        check.get(kind, check_model)(validate(source, FILES[kind]), source)
    except HarnessError:
        return False
    return True


def written_to(path, data):
    path.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    return path


def check_suite(file, source):
    """Check all but what other files are needed for: they are said to be lost."""
    problems = Problems()
    check_sampling(*file.decoding.values())
    for model in file.models:
        load_preset(model) if isinstance(model, str) else check_model(model)
    for kind, names in (("variant", file.variants or ()), ("decoding", file.decoding)):
        problems.add(unique(kind, [(name, None) for name in names]))
    check_specs([parse_spec(metric) for metric in file.metrics if "evaluate" not in metric])
    if file.decide:
        decision(file, source, (), {file.decide.baseline}, {}, problems)
        deciding = file.decide.metric
        columns = {deciding} if isinstance(deciding, str) else {*deciding}
        if not columns <= {*columns_given([parse_spec(metric) for metric in file.metrics])}:
            raise ConfigError("no column of a metric")
    of = file.controls.variants if isinstance(file.controls, ControlsFile) else ()
    controls_of(file, source, (), set(of), problems)
    problems.raise_any()


def check_variant(file, source):
    """Load a variant that may be a part of one: what it extends would ask."""
    whole = {} if file.user or file.messages else {"user": "x"}
    whole |= {key: value for key, value in source.data.items() if key != "extends"}
    path = written_to(source.path, whole)
    [variant, *_] = load_variants(path.parent, path.stem)
    for steps in (variant.postprocess, *variant.pipelines.values()):
        check_steps(steps)


def check_dataset(_file, source):
    load_dataset(written_to(source.path, source.data))


def check_model(file, _source=None):
    check_sampling(file.generation)
    engine_class(file.engine)
    if problems := unique("model", [("x" if file.name is None else file.name, None)]):
        raise ConfigErrors(problems)


def check_sampling(*written):
    for params in written:
        if problems := sampling_problems(params, dict.fromkeys(params)):
            raise ConfigErrors(problems)


@cache
def written(repository):
    """Give every YAML text of the documentation and of the tests, with the kinds that it may be."""
    texts = [path.read_text() for path, _ in shipped(repository)]
    for page in sorted(repository.glob("docs/**/*.md")):
        texts += re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    for path in sorted(repository.glob("tests/**/*.py")):
        nodes = ast.walk(ast.parse(path.read_text()))
        texts += [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ":" in node.value
        ]
    return dict.fromkeys(texts)


@pytest.fixture
def examples(repository, tmp_path, write):
    found = {kind: [] for kind in KINDS}
    for text in written(repository):
        try:
            data = load_yaml(write(tmp_path / "x.yaml", text)).data
        except (HarnessError, UnicodeError):
            continue
        if isinstance(data, dict) and data:
            for kind in KINDS:
                if data not in found[kind] and loads(kind, data, tmp_path):
                    found[kind].append(data)
    return found


VALUES = (
    None, True, 0, -1, 2.5, "", "x", "demo", [], ["x"], [1], {}, {"x": "y"}, {"x": 1}, {"x": ["y"]},
)  # fmt: skip


def variations(data):
    """Give a file with each of its values replaced by others, in turn."""
    for path in paths(data):
        for value in VALUES:
            changed = copy.deepcopy(data)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = value
            yield changed


def paths(data, at=()):
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for step, value in items:
        yield (*at, step)
        if isinstance(value, dict | list):
            yield from paths(value, (*at, step))


def test_what_loads_is_not_marked(examples, tmp_path):
    """In every YAML text that the documentation and the tests hold, and in variations of these."""
    least = {"suite": 8, "variant": 150, "dataset": 6, "model": 30}
    for kind, found in examples.items():
        assert len(found) >= least[kind], kind
        for data in found:
            assert validator(kind).is_valid(data), data
    tried = 0
    for kind, found in examples.items():
        widest = sorted(found, key=lambda data: -len(list(paths(data))))[:12]
        for data in widest:
            for changed in variations(data):
                if loads(kind, changed, tmp_path):
                    tried += 1
                    assert validator(kind).is_valid(changed), changed
    assert tried > 1000


def test_a_sampling_parameter_that_no_engine_knows_is_valid_and_warned_of():
    schema = editor_schema("variant")
    assert Draft7Validator(schema).is_valid({"user": "x", "generation": {"max_token": 3}})
    sampling = next(part for part in parts(schema) if "max_tokens" in part.get("properties", {}))
    warning = sampling["additionalProperties"]["deprecationMessage"]
    assert warning.startswith("No engine of this program knows this sampling parameter")
    for engine in ENGINES:
        assert set(engine_class(engine).sampling or ()) <= sampling["properties"].keys()


def parts(schema):
    """Give every mapping in a schema."""
    if isinstance(schema, dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, dict | list):
            yield from parts(part)
