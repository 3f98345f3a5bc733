"""Controls: each variant asked again with something else in the place of its images."""

import csv
import json

import pytest
from PIL import Image

from harness.fingerprint import sha256_file
from harness.records import Decision, Decoding, System

SUITE = "prompts/titles"


@pytest.fixture
def declare(project):
    """Give the suite another line."""

    def declare(line):
        path = project / SUITE / "suite.yaml"
        path.write_text(path.read_text().rstrip() + f"\n{line}\n")

    return declare


def completions(folder):
    lines = (folder / "completions.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def keys(lines):
    """Give the keys of all systems but the controls."""
    return {(x["system"], x["sample_id"]): x["key"] for x in lines if "{" not in x["system"]}


def folder_of(summary, project):
    return project / "results" / "titles" / summary["run"]


def test_a_blind_control_is_asked_beside_each_prompt(project, declare, run):
    plain = run()
    declare("controls: [blind]")
    summary = run()
    systems = {s["system"]: (s["control"], s["control_of"]) for s in summary["systems"]}
    assert systems == {
        "plain": (None, None),
        "title": (None, None),
        "plain{blind}": ("blind", "plain"),
        "title{blind}": ("blind", "title"),
    }
    # One prompt without a picture is the same for every sample, and is asked once.
    assert summary["generated"] == 2
    lines = completions(folder_of(summary, project))
    assert [line["system"] for line in lines[:4]] == list(systems)
    kept = {len(line["ingredients"]["images"]) for line in lines if "{" in line["system"]}
    assert kept == {0}
    before = {
        (x["system"], x["sample_id"]): x["key"] for x in completions(folder_of(plain, project))
    }
    after = {(x["system"], x["sample_id"]): x["key"] for x in lines if "{" not in x["system"]}
    assert after == before


def test_the_table_says_what_is_from_the_picture(project, declare, run):
    declare("controls: [blind]")
    summary = run()
    folder = folder_of(summary, project)
    with (folder / "table.csv").open() as file:
        rows = {row["system"]: row for row in csv.DictReader(file)}
    difference = rows["title: of which from the picture (against blind)"]
    real, blind = rows["title"], rows["title{blind}"]
    assert (real["source"], blind["source"], difference["source"]) == (
        "measured", "control", "difference",
    )  # fmt: skip
    for metric in ("BLEU_1", "ROUGE_L", "CIDEr"):
        assert float(difference[metric]) == pytest.approx(
            float(real[metric]) - float(blind[metric])
        )


COLOURS = "Crimson Amber Olive Teal Indigo Violet Ochre Coral".split()
DISHES = "Soup Salad Stew Toast".split()


@pytest.fixture
def many(project):
    """Give the dataset 32 pictures of as many dishes; give each title by its picture's hash."""
    rows, titles = [], {}
    for i in range(32):
        title = f"{COLOURS[i % 8]} {DISHES[i // 8]} with number {i}"
        path = project / f"datasets/dishes/images/m{i}.png"
        Image.new("RGB", (40 + i, 30), (8 * i, 90, 10)).save(path)
        titles[sha256_file(path)] = title
        rows.append({"id": f"m{i}", "image": path.name, "title": title, "n": i})
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (project / "datasets/dishes/samples.jsonl").write_text(lines)
    return titles


def titled(titles):
    """Answer by the picture that is shown, as a model that sees it would; else with style alone."""

    def answer(request):
        media = request.rendered.media
        return titles.get(media[-1].sha256, "A Dish with Style") if media else "A Dish with Style"

    return answer


def test_a_model_that_sees_is_told_from_one_that_has_style(project, declare, script, many, harness):
    declare("controls: [blind, shuffled, grey]")
    script.answer = titled(many)
    done = harness("run", SUITE, "--only", "title", cwd=project)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if "the picture adds" in line]
    assert len(said) == 3
    for line, how in zip(said, ("without an image", "with another", "with a grey"), strict=True):
        assert line.startswith("On CIDEr, the picture adds ")
        assert "unlikely to be chance" in line
        assert how in line
    [folder] = (project / "results/titles").iterdir()
    shown = {
        name: [x["ingredients"]["images"] for x in completions(folder) if x["system"] == name]
        for name in ("title", "title{shuffled}", "title{grey}")
    }
    own, others, grey = shown.values()
    assert sorted(own) == sorted(others)
    assert all(a != b for a, b in zip(own, others, strict=True))
    assert len({digest for [digest] in grey}) == 32  # they are of as many sizes
    # Such a prompt with another's image is that other's own prompt, and is asked once.
    assert len(script.asked) == 32 + 1 + 32
    made = {
        ref.place for r in script.asked if r.system == "title{grey}" for ref in r.rendered.media
    }
    assert {(place.width, place.height) for place in made} == {(40 + i, 30) for i in range(32)}
    assert list(project.rglob("*.png")) == list((project / "datasets/dishes/images").iterdir())


def test_of_many_prompts_a_sentence_for_each_kind_is_said(
    project, declare, script, many, harness, write
):
    matrix = "{words: [1, 2, 3, 4, 5]}"
    write(project / SUITE / "title.yaml", f"matrix: {matrix}\nuser: Give {{{{ words }}}} words.\n")
    declare("controls: [blind, grey]")
    script.answer = titled(many)
    done = harness("run", SUITE, cwd=project)
    said = [line for line in done.stdout.splitlines() if "the picture" in line and "On " in line]
    assert len(said) == 2
    assert said[1].startswith("On CIDEr, against the same prompt with a grey image, the picture ")
    assert "adds to all 6 (+" in said[1]
    assert "title[words=3]: of which from the picture (against grey)" in done.stdout


def test_style_alone_adds_nothing(project, declare, script, many, harness):
    declare("controls: [grey]")
    script.answer = lambda r: f"{COLOURS[int(r.key[0], 16) % 8]} {DISHES[int(r.key[1], 16) % 4]}"
    done = harness("run", SUITE, "--only", "title", cwd=project)
    assert "it is not told whether the picture adds anything to title" in done.stdout
    assert "the picture adds 0" not in done.stdout


def test_controls_are_no_rivals_of_prompts(project, declare, script, many, harness, run):
    script.answer = titled(many)
    run()
    before = json.loads(harness("compare", "titles", "--json", cwd=project).stdout)
    declare("controls: [shuffled, grey]")
    summary = run()
    after = json.loads(harness("compare", "titles", "--json", cwd=project).stdout)
    assert len(after.pop("pictures")) == 2 * 2 * len(summary["metrics"])
    assert before.pop("pictures") == []
    assert after == before
    assert not summary["uneven"]
    for name in ("plain{grey}", "title{shuffled}"):
        refused = harness("compare", "titles", "plain", name, cwd=project)
        assert refused.returncode == 1
        assert f"'{name}' is a control" in refused.stderr
    table = (folder_of(summary, project) / "table.md").read_text()
    names = [line.split(" | ")[0].strip("| ") for line in table.splitlines() if "|" in line]
    assert names[2:] == [
        "plain",
        "&emsp;plain{shuffled}",
        "&emsp;plain: of which from the picture (against shuffled)",
        "&emsp;plain{grey}",
        "&emsp;plain: of which from the picture (against grey)",
        "title",
        "&emsp;title{shuffled}",
        "&emsp;title: of which from the picture (against shuffled)",
        "&emsp;title{grey}",
        "&emsp;title: of which from the picture (against grey)",
    ]


def test_a_control_is_never_the_best_nor_makes_prompts_uneven(
    project, declare, script, many, harness, run
):
    declare("controls: [grey]")
    titles = list(many.values())

    def answer(request):  # the control is right, and the prompts are not; one request of it fails
        grey = request.system.endswith("{grey}")
        if grey and request.sample_id == "m3":
            return None
        return titles[int(request.sample_id[1:])] if grey else f"Soup {request.system}"

    script.answer = answer
    summary = run()
    assert summary["uneven"] == []
    rows = (folder_of(summary, project) / "table.md").read_text().splitlines()
    assert "1.0" in next(row for row in rows if row.startswith("| &emsp;plain{grey} "))
    assert not any("**" in row for row in rows if "grey" in row)
    text = harness("report", "titles", cwd=project).stdout
    assert "the picture takes" not in text
    assert "not told whether" not in text
    page = (folder_of(summary, project) / "report.html").read_text()
    assert "the picture takes" in page


def test_what_is_declared_is_of_the_prompts_alone(project, declare, run):
    declare("decide: {metric: CIDEr, baseline: plain}")
    declare("controls: [blind, shuffled, grey]")
    record = json.loads((folder_of(run(), project) / "run.json").read_text())
    assert record["decide"]["comparisons"] == 1
    assert record["decide"]["answers_before"] == 0
    decision = Decision(metrics=("CIDEr",), baseline="plain")
    everybody = Decision(metrics=("CIDEr",))
    systems = [
        System(
            name=system["name"],
            model=system["model"],
            variant=system["variant"],
            decoding=Decoding(name="greedy", params={}),
            control=system["control"],
            control_of=system["control_of"],
        )
        for system in record["systems"]
    ]
    assert len(systems) == 8
    assert decision.pairs(systems) == everybody.pairs(systems) == (("title", "plain"),)


def test_a_control_is_chosen_by_its_name(project, declare, harness, run):
    declare("controls: [blind, grey]")
    systems = [s["system"] for s in run("--only", "title{grey}")["systems"]]
    assert systems == ["title", "title{grey}"]
    systems = [s["system"] for s in run("--only", "title{grey}", "--only", "plain")["systems"]]
    assert systems == ["plain", "title", "plain{blind}", "plain{grey}", "title{grey}"]
    refused = harness("run", SUITE, "--only", "title{gray}", cwd=project)
    assert refused.returncode == 1
    assert "the suite has no control 'gray' of it" in refused.stderr
    assert "did you mean 'grey'?" in refused.stderr


def test_render_shows_what_a_run_sends(project, declare, harness, run):
    declare("controls: {kinds: [blind, shuffled, grey], variants: [title]}")
    summary = run()
    sent = completions(folder_of(summary, project))
    keys = {(line["system"], line["sample_id"]): line["key"] for line in sent}
    for sample in ("s1", "s3"):
        done = harness("render", SUITE, "--sample", sample, "--json", cwd=project)
        requests = json.loads(done.stdout)
        assert len(requests) == 5
        for request in requests:
            assert request["key"] == keys[request["system"], sample]
    text = harness("render", SUITE, cwd=project).stdout
    assert "── title{grey} · sample s1" in text
    assert "<image grey, 64×48: 64×48, sha256" in text
    assert text.splitlines()[-1] == "stand-in: one beginning, the image included: plain, title"


def test_a_grey_picture_has_the_size_in_which_a_turned_photo_is_seen(project, declare, harness):
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (64, 48)).save(project / "datasets/dishes/images/s2.png", "JPEG", exif=exif)
    declare("controls: [grey]")
    done = harness("render", SUITE, "--sample", "s2", "--only", "plain", "--json", cwd=project)
    real, grey = (request["media"][0] for request in json.loads(done.stdout))
    assert (real["width"], real["height"]) == (64, 48)  # as it lies in its file
    assert (grey["width"], grey["height"]) == (48, 64)


def test_slices_power_and_floor_are_of_the_prompts_alone(project, declare, script, many, harness):
    declare("controls: [shuffled]")
    script.answer = titled(many)
    assert harness("run", SUITE, "--repeat", "2", cwd=project).returncode == 0
    slices = harness("slices", "titles", "--by", "reference_words", "--json", cwd=project)
    power = harness("power", "titles", "--json", cwd=project)
    again = harness("power", SUITE, "--from", "results/titles", "--json", cwd=project)
    for done in (slices, power, again):
        assert done.returncode == 0, done.stderr
        assert "{shuffled}" not in done.stdout
    [folder] = (project / "results/titles").iterdir()
    floor = json.loads((folder / "summary.json").read_text())["noise_floor"]
    assert set(floor["differing"]) == {"plain", "title"}


def test_a_second_metric_has_its_row_too(project, declare, script, many, harness, run):
    declare("controls: [grey]")
    script.answer = titled(many)
    summary = run("--only", "title")
    assert {pair["metric"] for pair in summary["grounding"]} == set(summary["metrics"])
    scored = harness("score", "titles", "--metric", "exact_match", "--json", cwd=project)
    after = json.loads(scored.stdout)
    assert len(after["metrics"]) > len(summary["metrics"])
    assert {pair["metric"] for pair in after["grounding"]} == set(after["metrics"])


def test_check_and_show_know_controls(project, declare, harness, run):
    declare("controls: [blind, shuffled, grey]")
    for options in ((), ("--data",)):
        checked = harness("check", SUITE, *options, cwd=project)
        assert checked.returncode == 0, checked.stdout
    run()
    shown = harness("show", "titles", cwd=project).stdout
    assert "  title{shuffled}: title with another sample's image" in shown


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("controls: []", "'controls' names no control"),
        ("controls: [blind, grey, blind]", "'controls' names 'blind' twice"),
        ("controls: [grey, gray]", "did you mean 'grey'?"),
        ("controls: {kinds: [grey], variants: [titel]}", "'controls' names 'titel'"),
        ("controls: {kinds: [grey], variant: [title]}", "did you mean 'variants'?"),
        ("controls: yes", "'controls'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(project, declare, harness, line, message):
    declare(line)
    checked = harness("check", SUITE, cwd=project)
    assert checked.returncode == 1
    assert message in checked.stdout
    number = len((project / SUITE / "suite.yaml").read_text().splitlines())
    assert f"suite.yaml:{number}: " in checked.stdout


def test_what_has_no_control_says_so(project, declare, harness, write):
    declare("controls: [blind, shuffled]")
    alone = harness("run", SUITE, "--limit", "1", cwd=project)
    assert "'shuffled' has no other sample with 1 image to show for 's1'" in alone.stderr
    write(project / SUITE / "title.yaml", 'user: "{{ image }}"\n')
    silent = harness("run", SUITE, cwd=project)
    assert "'title{blind}' would send nothing: the prompt is an image alone" in silent.stderr
    assert f"suite.yaml:{len((project / SUITE / 'suite.yaml').read_text().splitlines())}" in (
        silent.stderr
    )
    assert not (project / "results/titles").exists()


def test_a_captioner_is_not_asked_without_an_image(project, declare, harness):
    weights = project / "weights"
    weights.mkdir()
    (weights / "config.json").write_text('{"model_type": "blip"}')
    suite = project / SUITE / "suite.yaml"
    text = suite.read_text().replace("engine: fake, model: none", "engine: transformers, model: X")
    suite.write_text(text.replace("X}", f"{weights}}}"))
    declare("controls: [blind]")
    refused = harness("run", SUITE, cwd=project)
    assert "'stand-in' captions an image (blip), and cannot be asked without one" in refused.stderr


def test_a_file_of_predictions_has_no_controls(project, declare, harness, run):
    (project / SUITE / "others.csv").write_text("id,text\ns1,Shrimp\ns2,Salad\ns3,Toast\ns4,Corn\n")
    suite = project / SUITE / "suite.yaml"
    more = "{name: others, engine: replay, model: ./others.csv}]"
    suite.write_text(suite.read_text().replace("model: none}]", f"model: none}}, {more}"))
    declare("controls: [grey]")
    summary = run()
    controls = [s["system"] for s in summary["systems"] if s["control"]]
    assert controls == ["plain{grey}", "title{grey}"]
    assert any("there are no controls of others" in notice for notice in summary["notices"])


def test_each_pipeline_has_a_control_made_of_the_same_completions(
    project, declare, script, many, harness, run, write
):
    pipelines = "postprocess: {whole: [strip], first: ['truncate_words:1']}"
    write(project / SUITE / "title.yaml", f"user: Give a recipe title.\n{pipelines}\n")
    declare("controls: [shuffled, grey]")
    script.answer = titled(many)
    summary = run("--only", "title")
    systems = {s["system"]: (s["pipeline"], s["control_of"]) for s in summary["systems"]}
    assert systems == {
        "title:whole": ("whole", None),
        "title:first": ("first", None),
        "title{shuffled}:whole": ("whole", "title:whole"),
        "title{grey}:whole": ("whole", "title:whole"),
        "title{shuffled}:first": ("first", "title:first"),
        "title{grey}:first": ("first", "title:first"),
    }
    folder = folder_of(summary, project)
    names = [line["system"] for line in completions(folder)]
    assert set(names) == {"title", "title{shuffled}", "title{grey}"}
    assert len(names) == summary["cost"]["completions"] == 3 * 32
    pairs = {(p["candidate"], p["baseline"]): p["delta"] for p in summary["grounding"]}
    assert set(pairs) == {(of, name) for name, (_, of) in systems.items() if of}
    table = (folder / "table.md").read_text()
    assert "title:first: of which from the picture (against grey)" in table
    again = json.loads(harness("score", "titles", "--json", cwd=project).stdout)
    assert again["grounding"] == summary["grounding"]
    compared = json.loads(harness("compare", "titles", "--json", cwd=project).stdout)
    assert {(p["candidate"], p["baseline"]) for p in compared["pairs"]} == {
        ("title:first", "title:whole")
    }


def test_a_matrix_tells_the_same_of_its_choices_with_controls(
    project, declare, script, many, harness, run, write
):
    axes = "{tone: [plain, catchy], words: {values: [one, two], nuisance: true}}"
    write(
        project / SUITE / "title.yaml",
        f"matrix: {axes}\nuser: Give a {{{{ tone }}}} title, {{{{ words }}}}.\n",
    )
    sees = titled(many)

    def answer(request):
        words = sees(request).split()
        place = int(request.key[0], 16)
        return " ".join(words[: 2 + place % 4])

    script.answer = answer
    plain = run()
    before = json.loads(harness("effects", "titles", "--json", cwd=project).stdout)
    declare("controls: [grey]")
    summary = run()
    after = json.loads(harness("effects", "titles", "--json", cwd=project).stdout)
    assert after == before
    assert summary["ideas"] == plain["ideas"] != []
    said = harness("report", "titles", cwd=project).stdout
    wordings = said.partition("averaged over wording")[2]
    assert "title[tone=catchy]" in wordings
    assert "{grey}" not in wordings.partition("each score is")[0]


def test_of_a_part_of_a_suite_its_prompts_are_counted(project, declare, harness, run, write):
    write(project / SUITE / "third.yaml", "user: Name it.\n")
    path = project / SUITE / "suite.yaml"
    path.write_text(path.read_text().replace("[plain, title]", "[plain, title, third]"))
    declare("controls: [grey]")
    run("--only", "plain", "--only", "title")
    said = harness("compare", "titles", cwd=project).stdout
    assert "this run has 2 of the 3 systems of its suite" in said


def test_one_prompt_and_its_control_are_no_pair(project, declare, harness, run):
    declare("controls: [grey]")
    run("--only", "title")
    refused = harness("compare", "results/titles", cwd=project)
    assert refused.returncode == 1
    assert "it has one system" in refused.stderr


@pytest.fixture
def shots(project, write):
    """Give the prompt exemplars of other data, each with a picture."""
    rows = []
    for i, title in enumerate(("Fig Bread", "Corn Pie", "Leek Tart")):
        picture = Image.new("L", (64, 64), 255)
        picture.paste(0, (20 * i, 0, 20 * i + 18, 64))
        picture.save(project / f"datasets/dishes/images/x{i}.png")
        rows.append({"id": f"x{i}", "image": f"x{i}.png", "title": title, "n": 10 * i})
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (project / "datasets/dishes/others.jsonl").write_text(lines)
    config = (project / "datasets/dishes.yaml").read_text()
    (project / "datasets/others.yaml").write_text(config.replace("samples.jsonl", "others.jsonl"))

    def shots(choice, text="Give a recipe title."):
        spec = f"exemplars: {{dataset: others, {choice}}}\n"
        write(project / SUITE / "title.yaml", f"user: {text}\n{spec}")

    return shots


@pytest.mark.parametrize("choice", ["ids: [x0, x1]", "choose: similar, by: image, count: 2"])
def test_a_control_shows_the_exemplars_of_its_prompt(project, declare, script, run, shots, choice):
    shots(choice)
    declare("controls: {kinds: [blind, shuffled, grey], variants: [title]}")
    script.answer = lambda request: "A dish" if request.rendered.media else "Corn Pie"
    folder = folder_of(run("--only", "title"), project)
    record = json.loads((folder / "run.json").read_text())["variants"]
    shown = [(v["exemplar_answers"], v["exemplars_of"]) for v in record.values()]
    assert shown[0][0]
    assert shown == [shown[0]] * 4
    images = {
        name: [x["ingredients"]["images"] for x in completions(folder) if x["system"] == name]
        for name in record
    }
    before = {name: [each[:-1] for each in some] for name, some in images.items()}
    assert all(len(each) == 2 for each in before["title"])
    assert before["title{grey}"] == before["title{shuffled}"] == before["title"]
    assert [each for each in images["title{blind}"] if each] == []
    # Without their pictures the exemplars stay, as turns of the chat.
    turns = {r.system: len(r.rendered.messages) for r in script.asked}
    assert turns["title{blind}"] == turns["title"] == 5
    summary = json.loads((folder / "summary.json").read_text())
    copies = {texts["system"]: texts["same_as_exemplar"] for texts in summary["texts"]}
    assert copies["title"] == 0
    assert copies["title{blind}"] > 0


def test_exemplars_as_text_stand_in_controls_too(project, declare, script, run, shots):
    text = '"Like {{ exemplars[0].reference }}: name it."'
    shots("choose: first, count: 1, as: text", text)
    declare("controls: {kinds: [blind, grey], variants: [title]}")
    run("--only", "title")
    assert {r.system for r in script.asked} == {"title", "title{blind}", "title{grey}"}
    assert all("Like Fig Bread: name it." in str(r.rendered.messages) for r in script.asked)
