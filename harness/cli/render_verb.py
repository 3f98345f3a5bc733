"""The verb ``render``: what is sent for one sample, or how two prompts for it differ."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import (
    EngineOption,
    JsonOption,
    ModelOption,
    OnlyOption,
    SetOption,
    SplitOption,
    SuiteArgument,
    choice_of,
)
from harness.cli.output import say, say_json

if TYPE_CHECKING:
    from harness.pipeline.asking.plan import Choice

EXAMPLES = (
    "Examples:\n\n"
    "  harness render recipe-titles --sample d001 --variant title-style\n\n"
    "  harness render recipe-titles --diff baseline title-style\n\n"
    "  harness render titles --diff 'title[tone=plain]' 'title[tone=catchy]' --json\n\n"
    "  harness render titles --diff title 'title{blind}'\n\n"
    "Without colours removed words stand in [-...-], added ones in {+...+}."
)


def render(
    suite: SuiteArgument,
    sample: Annotated[
        str | None, typer.Option("--sample", help="A sample's id. Default: the first.")
    ] = None,
    only: OnlyOption = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--diff",
            metavar="A B",
            help="Show in what two variants, or systems of the suite, differ as they are sent.",
        ),
    ] = None,
    sets: SetOption = None,
    split: SplitOption = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print exactly what will be sent for one sample, and which prompts share their beginning."""
    if diff and only:
        raise typer.BadParameter("--diff names what is compared: leave --only and --variant out")
    choice = choice_of(only, model, engine, sets, split=split)
    if diff:
        _render_diff(suite, choice, sample, diff, as_json=as_json)
    else:
        _render(suite, choice, sample, as_json=as_json)


def _render(suite: Path, choice: Choice, sample: str | None, *, as_json: bool) -> None:
    from harness.cli.request_text import key_text, print_prompt, request_json
    from harness.config.load import load_suite
    from harness.pipeline.looking.exemplar_turns import exemplar_turns
    from harness.pipeline.looking.prefixes import shared_prefixes
    from harness.pipeline.looking.preview import render_requests

    plan, requests = render_requests(load_suite(suite), choice, sample)
    if as_json:
        say_json([request_json(plan, system, request) for system, request in requests])
        return
    for system, request in requests:
        config = plan.model(system.model)
        title = f"{system.name} · sample {request.sample_id} · {config.name} ({config.engine})"
        say(f"── {title} ──", bold=True)
        print_prompt(request, exemplar_turns(plan, system, request))
        sampling = ", ".join(f"{name}={value}" for name, value in system.decoding.params.items())
        say(f"decoding: {sampling}", f"key: {key_text(plan, request, system)}", "", dim=True)
    say(*shared_prefixes(requests))


def _render_diff(
    suite: Path, choice: Choice, sample: str | None, names: tuple[str, str], *, as_json: bool
) -> None:
    from harness.cli.diff_text import print_diff
    from harness.config.load import load_suite
    from harness.pipeline.looking.prompt_diff import compare_prompts

    found = compare_prompts(load_suite(suite), choice, sample, *names)
    if as_json:
        say_json(found.json())
    else:
        print_diff(found)
