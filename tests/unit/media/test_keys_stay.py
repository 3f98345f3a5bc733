"""Keys about ordinary pictures are those of version 0.1; those about deep ones are new."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from harness.config.load import load_suite
from harness.fingerprint import sha256_json
from harness.pipeline.asking.plan import Choice
from harness.pipeline.looking.preview import render_requests
from harness.render import prompt_content


@pytest.mark.parametrize("engine", ["vllm", "transformers"])
def test_keys_of_the_demo_are_those_of_version_0_1(repository, engine):
    before = json.loads((repository / "tests/golden/version-0.1/demo_keys.json").read_text())
    suite = load_suite(repository / "prompts" / "recipe-titles")
    _, requests = render_requests(suite, Choice(engine=engine), "d001")
    keys = {(system.name, request.key) for system, request in requests}
    assert len(keys) == 3
    assert keys <= {(line["system"], line["key"]) for line in before}


def test_the_rules_of_a_deep_picture_are_in_its_keys(project):
    deep = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 21
    Image.fromarray(deep).save(project / "datasets/dishes/images/s1.png")
    suite = load_suite(project / "prompts" / "titles")
    _, requests = render_requests(suite, Choice(), "s1")
    for _, request in requests:
        rendered = request.rendered
        [ref] = rendered.media
        assert ref.pixels == 2
        first = prompt_content(rendered.messages, [replace(ref, pixels=1)])
        assert rendered.sha256 != sha256_json(first)
        assert rendered.sha256 == sha256_json(prompt_content(rendered.messages, [ref]))
