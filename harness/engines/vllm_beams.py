"""Beam search on vLLM's AsyncLLM, which has none itself; for the engine vllm.

Every beam's next token is a request of its own, as in vLLM's own server, whose beams are used; the
prefix cache makes them cheap. What is kept and when the search ends follows the beam search of
transformers (``GenerationMixin._beam_search`` of 5.19, ``early_stopping=False``), so that both
engines write the same texts:

- A beam's score is the sum of its tokens' log-probabilities, divided by their number, the end
  included, to the power of ``length_penalty``. (vLLM's server counts the prompt's tokens too.)
- Of all continuations the best ``num_beams`` may finish; the best ``num_beams`` that do not
  finish go on.
- It ends when as many have finished and the best that goes on would, ending now, be no better
  than the worst of them, or at ``max_tokens``, where all finish.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.engines.answer_text import answer_text
from harness.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Json

MAX_BEAMS = 16
"""vLLM tells the 20 likeliest tokens and not more; a step wants one a beam, and the ends besides
(the checkpoints of today have up to four)."""

WITH_BEAMS = frozenset({"temperature", "max_tokens", "min_tokens", "stop", "seed"})
"""Sampling parameters that beam search honours; nothing is drawn, so that any seed will do."""

NEUTRAL: dict[str, tuple[Json, ...]] = {
    "top_p": (1,), "top_k": (0, -1), "min_p": (0,), "repetition_penalty": (1,),
    "presence_penalty": (0,), "frequency_penalty": (0,),
}  # fmt: skip
"""Values of the others that change nothing."""

ENDED = ("stop", "length")
"""Why vLLM's requests end when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beams:
    """How wide to search, and for what."""

    width: int
    """Beams kept at each step."""
    length_penalty: float = 1.0
    """Above 0 longer answers are favoured, below 0 shorter ones."""


def take_beams(name: str, params: dict[str, Any]) -> Beams | None:
    """Take the parameters of beam search out of a decoding's.

    Args:
        name: of the decoding.
        params: as ``sampling_params`` gives them; changed.

    Returns:
        None where nothing is searched; with one beam the likeliest token is all there is to take.

    Raises:
        EngineError: a width or penalty that cannot be, or a parameter that would have to be
            dropped.
    """
    if "num_beams" not in params:
        if "length_penalty" in params:
            raise EngineError(
                f"decoding '{name}': length_penalty belongs to beam search",
                hint="set num_beams too",
            )
        return None
    width, penalty = params.pop("num_beams"), params.pop("length_penalty", 1.0)
    if type(width) is not int or not 1 <= width <= MAX_BEAMS:
        raise EngineError(
            f"decoding '{name}': num_beams is {width!r}, not a number from 1 to {MAX_BEAMS}"
        )
    if isinstance(penalty, bool) or not isinstance(penalty, int | float):
        raise EngineError(f"decoding '{name}': length_penalty is {penalty!r}, not a number")
    if width == 1:
        return None
    for word, value in params.items():
        fits = value == 0 if word == "temperature" else word in WITH_BEAMS
        if not fits and value not in NEUTRAL.get(word, ()):
            raise EngineError(
                f"decoding '{name}': beam search on vLLM cannot have {word}: {value!r}",
                hint="num_beams goes with temperature: 0, max_tokens, min_tokens, stop and "
                "length_penalty; a variant's structured_outputs do not go with it",
                key=word,
            )
    return Beams(width=width, length_penalty=float(penalty))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """When a beam of one prompt ends, and what it is worth."""

    asked: list[int]
    """The prompt, in tokens."""
    ends: frozenset[int]
    """Tokens that end an answer."""
    room: int
    """The longest answer, in tokens."""
    least: int
    """Tokens before which no answer ends by itself."""
    stops: list[str]
    length_penalty: float
    tokenizer: Any

    def score(self, beam: Any) -> float:
        return float(beam.cum_logprob / len(self.answer(beam)) ** self.length_penalty)

    def answer(self, beam: Any) -> list[int]:
        ids: list[int] = beam.tokens[len(self.asked) :]
        return ids

    def may_follow(self, beam: Any, token: int) -> bool:
        return token not in self.ends or len(self.answer(beam)) >= self.least

    def finishes(self, beam: Any) -> bool:
        """Tell whether a beam ends here; if so its text and its reason are written into it."""
        ids = self.answer(beam)
        ended, full = ids[-1] in self.ends, len(ids) == self.room
        if not (ended or full or self.stops):
            return False
        shown = ids[:-1] if ended else ids
        beam.text, stopped = answer_text(self.tokenizer, self.asked[-1], shown, self.stops)
        beam.finish_reason = "stop" if ended or stopped else "length"
        return ended or stopped or full


async def beam_search(
    llm: Any,
    prompt: Mapping[str, Any],
    tokenization: Mapping[str, Any],
    params: Any,
    beams: Beams,
    *,
    request_id: str,
    tokenizer: Any,
    adapter: Any,
) -> Any:
    """Search for a prompt's answer.

    Args:
        llm: a started AsyncLLM.
        prompt: as AsyncLLM.generate takes it.
        tokenization: how its text is made tokens, in keywords of the tokenizer.
        params: SamplingParams, of which ``max_tokens``, ``min_tokens`` and ``stop`` count.
        beams: how to search.
        request_id: the beams' requests begin with it.
        tokenizer: the checkpoint's.
        adapter: vLLM's LoRARequest, or None.

    Returns:
        A RequestOutput with the best answer. Its token ids are that answer's alone, and
        ``num_cached_tokens`` are those of the prompt that earlier requests had left in the cache.

    Raises:
        VLLMClientError: vLLM refuses the prompt.
        EngineGenerateError: vLLM fails.
    """
    from vllm.entrypoints.generate.beam_search.utils import BeamSearchSequence

    first = await _rendered(llm, prompt, tokenization)
    rules = _rules(llm, first["prompt_token_ids"], params, beams, tokenizer)
    step = _step_params(beams.width + len(rules.ends))
    running = [BeamSearchSequence(orig_prompt=first, tokens=rules.asked, logprobs=[])]
    finished: list[Any] = []
    cached = None
    while running and not _settled(running, finished, beams.width, rules):
        length = len(running[0].tokens)
        outputs = await _next_tokens(llm, running, step, f"{request_id}-{length}", adapter)
        if odd := next((o for o in outputs if o.outputs[0].finish_reason not in ENDED), None):
            return odd  # aborted, or failed: the caller says so
        if cached is None:
            cached = outputs[0].num_cached_tokens
            # vLLM's process has the pictures now: they are not sent again.
            known = await _rendered(llm, prompt, tokenization)
        grown = [
            BeamSearchSequence(
                orig_prompt=known,
                tokens=[*beam.tokens, token],
                logprobs=[],
                cum_logprob=beam.cum_logprob + told.logprob,
            )
            for beam, output in zip(running, outputs, strict=True)
            for token, told in output.outputs[0].logprobs[0].items()
            if rules.may_follow(beam, token)
        ]
        grown.sort(key=lambda beam: beam.cum_logprob, reverse=True)
        running = []
        for place, beam in enumerate(grown):
            if not rules.finishes(beam):
                running.append(beam)
            elif place < beams.width:
                finished.append(beam)
            if place + 1 >= beams.width and len(running) == beams.width:
                break
        finished = sorted(finished, key=rules.score, reverse=True)[: beams.width]
    return _output(request_id, rules, finished[0], cached)


def _settled(running: list[Any], finished: list[Any], width: int, rules: _Rules) -> bool:
    """Tell whether nothing better is to be hoped for."""
    return len(finished) == width and rules.score(running[0]) <= rules.score(finished[-1])


def _rules(llm: Any, asked: list[int], params: Any, beams: Beams, tokenizer: Any) -> _Rules:
    known = params.clone()
    # vLLM's own rule of what ends an answer.
    known.update_from_generation_config(
        llm.input_processor.generation_config_fields, llm.renderer.get_eos_token_id()
    )
    return _Rules(
        asked=asked,
        ends=frozenset(known.all_stop_token_ids),
        # A prompt that leaves no room is vLLM's to refuse.
        room=max(1, min(params.max_tokens, llm.model_config.max_model_len - len(asked))),
        least=params.min_tokens,
        stops=params.stop,
        length_penalty=beams.length_penalty,
        tokenizer=tokenizer,
    )


def _step_params(told: int) -> Any:
    """Ask for one token, and how likely the ``told`` likeliest are."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        temperature=0,
        max_tokens=1,
        logprobs=told,
        detokenize=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


async def _rendered(llm: Any, prompt: Mapping[str, Any], tokenization: Mapping[str, Any]) -> Any:
    """Make a prompt vLLM's EngineInput: tokens, and pictures unless its process holds them."""
    from vllm.renderers.inputs.preprocess import parse_model_prompt

    given = llm.renderer.default_cmpl_tok_params.with_kwargs(**tokenization)
    parsed = parse_model_prompt(llm.model_config, prompt)
    [rendered] = await llm.renderer.render_cmpl_async([parsed], given)
    return rendered


async def _next_tokens(
    llm: Any, running: list[Any], step: Any, request_id: str, adapter: Any
) -> list[Any]:
    """Ask vLLM about each beam; when this is cancelled, vLLM aborts what is under way."""
    from vllm.utils.async_utils import collect_from_async_generator

    asked = [
        collect_from_async_generator(
            llm.generate(beam.get_prompt(), step, f"{request_id}-{number}", lora_request=adapter)
        )
        for number, beam in enumerate(running)
    ]
    outputs: list[Any] = []
    # All are waited for: none may go on behind the back of one that failed.
    for collected in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(collected, BaseException):
            raise collected
        outputs += collected
    return outputs


def _output(request_id: str, rules: _Rules, best: Any, cached: int | None) -> Any:
    from vllm import CompletionOutput, RequestOutput

    answer = CompletionOutput(
        index=0,
        text=best.text,
        token_ids=rules.answer(best),
        cumulative_logprob=best.cum_logprob,
        logprobs=None,
        finish_reason=best.finish_reason,
    )
    return RequestOutput(
        request_id=request_id,
        prompt=None,
        prompt_token_ids=rules.asked,
        prompt_logprobs=None,
        outputs=[answer],
        finished=True,
        num_cached_tokens=cached,
    )
