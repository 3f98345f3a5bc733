from harness.config.load import load_suite
from harness.pipeline.asking.plan import Choice
from harness.pipeline.looking.prefixes import shared_prefixes
from harness.pipeline.looking.preview import render_requests


def lines(project):
    suite = load_suite(project / "prompts" / "titles")
    return shared_prefixes(render_requests(suite, Choice(), None)[1])


def test_prompts_that_differ_after_the_image_share_their_beginning(project):
    assert lines(project) == ["stand-in: one beginning, the image included: plain, title"]


def test_what_stands_before_the_image_is_named(project, write):
    path = project / "prompts/titles/title.yaml"
    write(path, "user: Give a title. {{ image }}\n")
    first, second = lines(project)
    assert first == "stand-in: one beginning, the image included: plain"
    assert second == (
        "stand-in: another beginning: title (before the image stands: 'Give a title.')"
    )
    write(path, "system: You name dishes.\nuser: Give a title.\n")
    assert "its system message is another" in lines(project)[1]


def test_exemplars_with_images_stand_before_the_image(project, write):
    write(
        project / "prompts/titles/title.yaml",
        "user: Give a title.\nexemplars: {dataset: dishes, ids: [s3]}\n",
    )
    assert "it shows another image first" in lines(project)[1]
