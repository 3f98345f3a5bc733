"""LoRA adapters of the demo model, made here with peft: vLLM against the adapters merged in."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from itertools import combinations
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import MODEL, ROOT, SMALL, config, stream

from harness.config.load import load_suite
from harness.engines.transformers import TransformersEngine
from harness.engines.vllm import VllmEngine
from harness.errors import EngineError
from harness.pipeline.asking.plan import Choice, make_plan

# What importing torch, transformers and peft warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

SAMPLES = 15
ADAPTERS = ("sweet", "sour")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A suite that compares the demo model and two adapters on it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    folder = tmp_path_factory.mktemp("adapters")
    for name in ("datasets/recipes-demo", "prompts/recipe-titles"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "datasets/recipes-demo.yaml", folder / "datasets")
    for seed, name in enumerate(ADAPTERS):
        model = AutoModelForImageTextToText.from_pretrained(MODEL)
        layers = r".*language_model.*\.(q_proj|v_proj)"
        settings = LoraConfig(r=4, lora_alpha=8, target_modules=layers, task_type="CAUSAL_LM")
        tuned = get_peft_model(model, settings)
        torch.manual_seed(seed)
        for parameter in (p for n, p in tuned.named_parameters() if "lora_" in n):
            torch.nn.init.normal_(parameter, std=0.2)
        tuned.save_pretrained(folder / name)
        shutil.copytree(MODEL, folder / f"{name}-merged")
        tuned.merge_and_unload().save_pretrained(folder / f"{name}-merged")
    lines = "".join(
        f"- {{name: {name}, model: {MODEL}, adapter: ../../{name}, args: {json.dumps(SMALL)}, "
        "generation: {max_tokens: 24}}\n"
        for name in ADAPTERS
    )
    base = f"- {{name: plain, model: {MODEL}, args: {json.dumps(SMALL)}}}\n"
    (folder / "prompts/recipe-titles/suite.yaml").write_text(
        f"dataset: recipes-demo\nvariants: [title-style]\nmetrics: [exact_match]\n"
        f"models:\n{base}{lines}"
        "decoding: {greedy: {temperature: 0}, beams: {temperature: 0, num_beams: 4}}\n"
    )
    return folder


def test_adapters_of_one_model_share_its_start_and_answer_as_if_merged(project, harness_process):
    words = ("run", "prompts/recipe-titles", "--limit", str(SAMPLES), "--json")
    run = harness_process(*words, cwd=project)
    assert run.returncode == 0, run.stderr
    assert "] starting sweet and sour (vllm)" in run.stderr
    assert run.stderr.count("(vllm) · log: ") == 2  # later lines tell the seconds
    summary = json.loads(run.stdout)
    assert list(dict.fromkeys(s["model"] for s in summary["systems"])) == ["plain", *ADAPTERS]
    lines = (project / summary["folder"] / "completions.jsonl").read_text().splitlines()
    texts: dict[str, dict[tuple[str, str], str]] = {}
    for line in map(json.loads, lines):
        model, _, decoding = line["system"].split("/")
        texts.setdefault(model, {})[decoding, line["sample_id"]] = line["text"]

    suite = load_suite(project / "prompts/recipe-titles")
    for name in ("plain", *ADAPTERS):
        plan = make_plan(suite, Choice(models=(name,), limit=SAMPLES))
        folder = project / f"{name}-merged" if name in ADAPTERS else MODEL
        merged = config("transformers", model=str(folder))
        theirs = asyncio.run(answers(merged, [p.request for p in plan.requests()], project))
        ours = texts[name]
        assert len(ours) == 2 * SAMPLES
        equal = [asked for asked, text in ours.items() if text == theirs[asked]]
        assert len(equal) >= 0.95 * len(ours), (ours, theirs)
    for one, other in combinations(texts.values(), 2):
        assert sum(one[asked] != other[asked] for asked in one) > len(one) / 2


async def answers(model, requests, project):
    engine = TransformersEngine(model, log=project / "transformers.log")
    await engine.start()
    try:
        by_key = {r.key: (r.decoding.name, r.sample_id) for r in requests}
        return {by_key[c.key]: c.text async for c in engine.generate(stream(requests))}
    finally:
        await engine.close()


def test_an_adapter_is_in_the_key_by_its_content(project, tmp_path):
    suite = load_suite(project / "prompts/recipe-titles")

    def keys():
        plan = make_plan(suite, Choice(limit=1))
        return {p.request.system: p.request.key for p in plan.requests()}

    before = keys()
    assert len(set(before.values())) == 6
    weights = project / "sour" / "adapter_model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content + b"\0")
    after = keys()
    weights.write_bytes(content)
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["sour/title-style/greedy", "sour/title-style/beams"]


def test_what_cannot_be_done_with_an_adapter_is_said(tmp_path):
    adapter = str(tmp_path / "nothing")
    with pytest.raises(EngineError, match="runs no LoRA adapters"):
        TransformersEngine(config("transformers", adapter=adapter), log=tmp_path / "log")
    engine = VllmEngine(config("vllm", adapters=(adapter,)), log=tmp_path / "log")
    with pytest.raises(EngineError, match=r"no LoRA adapter in .*nothing"):
        asyncio.run(engine.start())
