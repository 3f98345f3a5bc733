"""Answers requests with Hugging Face transformers in this process, in batches: the fallback engine.

It follows vLLM in everything that a text depends on: the chat template, the pictures, the names
and defaults of sampling parameters, and how token ids become text.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from harness.engines import quantized
from harness.engines.answer_text import answer_text
from harness.engines.captioners import Captioner, captioner_class, plain_text, refuse_blind
from harness.engines.chat import ChatWriter, chat_messages, has_template, lacks_bos
from harness.engines.description import check_needs, load_parts
from harness.engines.failure import one_line, reason
from harness.engines.images import ImagePreparation, load_prepared
from harness.engines.protocol import ImageWork, check_packages, completed, failed, versions
from harness.engines.sampling import sampling_params
from harness.engines.special_tokens import SpecialTokens, refusal
from harness.engines.worker import WorkerError, in_thread
from harness.errors import DataError, EngineError
from harness.fingerprint import canonical_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping
    from pathlib import Path

    from harness.records import Completion, Json, MediaRef, ModelConfig, Request

SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "repetition_penalty": "repetition_penalty",
    "max_tokens": "max_new_tokens",
    "min_tokens": "min_new_tokens",
    "stop": "stop_strings",
    "seed": None,
    "num_beams": "num_beams",
    "length_penalty": "length_penalty",
    "structured_outputs": None,
}
"""Parameter of a decoding → its name in ``generate()``; None where it has none. Structured outputs
are not enforced here: the run checks every answer and counts those that miss the form."""
SAMPLING_ONLY = ("temperature", "top_p", "top_k", "min_p")
MODEL_ARGS = ("dtype", "attn_implementation", "trust_remote_code")
NESTED = frozenset({"SmolVLMProcessor"})
"""Processors that want a list of pictures for each text, and take no list of them all."""
INSTALL = "pip install -e '.[transformers]'"
ENGINE_ARGS = (*MODEL_ARGS, "batch_size", "device", "quantization")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A request whose prompt is ready for the model."""

    request: Request
    params: Mapping[str, Json]
    text: str
    pictures: list[Any]
    length: int
    """Of the prompt, in tokens."""


class TransformersEngine:
    """An Engine on ``AutoModelForImageTextToText``; captioners without a chat template included.

    ``ModelConfig.args``: ``batch_size`` (requests), ``dtype``, ``device`` (default: a GPU where
    torch sees one), ``attn_implementation``, ``trust_remote_code``, ``quantization`` (a name in
    harness.engines.quantized).
    """

    neutral_args: ClassVar[frozenset[str]] = frozenset({"batch_size", "device"})
    defaults: ClassVar[Mapping[str, Json]] = {"batch_size": 8, "dtype": "float32"}
    sampling: ClassVar[Collection[str]] = SAMPLING.keys()
    chatty: ClassVar[bool] = True
    in_batches: ClassVar[bool] = True
    check_blind = staticmethod(refuse_blind)

    def __init__(self, config: ModelConfig, *, log: Path) -> None:
        self._config = config
        self._args = {**self.defaults, **config.args}
        for name in self._args:
            if name not in ENGINE_ARGS:
                raise EngineError(
                    f"the transformers engine knows no argument '{name}'",
                    hint=f"it knows {', '.join(ENGINE_ARGS)}",
                    key=f"args.{name}",
                )
        if config.adapter is not None:
            hint = "merge it into its checkpoint (peft: merge_and_unload), or use vllm"
            message = "the transformers engine runs no LoRA adapters"
            raise EngineError(message, hint=hint, key="adapter")
        if config.timeout is not None:
            message = "the transformers engine cannot give up a request that takes too long"
            hint = "leave 'timeout' out of the model's config, or use vllm"
            raise EngineError(message, hint=hint, key="timeout")
        size = self._args["batch_size"]
        if not isinstance(size, int) or size < 1:
            raise EngineError(f"batch_size is {size!r}, not a number of requests")
        if (quantization := self._args.get("quantization")) is not None:
            quantized.check_known(quantization)
        self._processor: Any = None
        self._model: Any = None
        self._captioner: Captioner | None = None
        self._chat: ChatWriter | None = None
        self._special: SpecialTokens | None = None
        self._tokenizer: Any = None
        self._made_by = ""
        self._eos: int | list[int] | None = None
        self._images = ImagePreparation()
        self._processed = self._encoded = 0

    @staticmethod
    def check_installed(config: ModelConfig) -> None:
        """Refuse to run without transformers, torch and what the model's settings need.

        Raises:
            EngineError: the hint says what to install.
        """
        check_packages("engine: transformers", ["torch", "transformers"], INSTALL)
        check_needs(config, INSTALL)
        if (quantization := config.args.get("quantization")) is not None:
            quantized.check_installed(quantization)

    async def start(self) -> None:
        """Load the model in a worker thread.

        Raises:
            EngineError: no such checkpoint, or one that transformers cannot run.
        """
        try:
            await in_thread(self._load)
        except BaseException:
            await self.close()
            raise

    async def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer requests in batches, each of requests that came one after another.

        Raises:
            EngineError: the model fails, or a decoding asks for what transformers cannot do.
        """
        batch: list[Request] = []
        async for request in requests:
            sampling_params(request.decoding, SAMPLING)  # refused before any work is done
            batch.append(request)
            if len(batch) == self._args["batch_size"]:
                async for completion in self._answer(batch):
                    yield completion
                batch = []
        async for completion in self._answer(batch):
            yield completion

    async def image_work(self) -> ImageWork:
        """Count what was done to pictures; no cache spares any of it but the decoding."""
        return ImageWork(
            decoded=self._images.decoded, processed=self._processed, encoded=self._encoded
        )

    async def close(self) -> None:
        """Drop the model."""
        self._model = None
        self._captioner = None
        self._chat = None
        self._special = None
        self._processor = None
        self._tokenizer = None
        gc.collect()  # a model's parts name each other
        if (torch := sys.modules.get("torch")) and torch.cuda.is_available():
            torch.cuda.empty_cache()  # or the next model finds the memory taken

    def _load(self) -> None:
        hf_config, self._processor, self._images = load_prepared(self._config)
        chats = has_template(self._processor)
        captioner = None if chats else captioner_class(hf_config.model_type)
        self._model = model = self._load_model(hf_config)
        if captioner is None:
            self._tokenizer = getattr(self._processor, "tokenizer", self._processor)
            self._chat = ChatWriter(self._processor)
            self._forget_defaults(model, model.generation_config.eos_token_id)
        else:
            tokenizer, pictures = load_parts(self._config, self._processor)
            self._tokenizer = tokenizer
            self._captioner = asked = captioner(model, tokenizer, pictures)
            self._special = SpecialTokens(tokenizer)
            self._forget_defaults(asked.writer, asked.eos, asked.start)
        self._tokenizer.padding_side = "left"
        quantization = self._args.get("quantization")
        extra = [] if quantization is None else [quantized.PACKAGES[quantization]]
        self._made_by = versions("transformers", "torch", *extra)

    def _load_model(self, hf_config: Any) -> Any:
        import torch
        from transformers import AutoModelForImageTextToText

        device = self._args.get("device") or ("cuda" if torch.cuda.is_available() else "cpu")
        given = {name: self._args[name] for name in MODEL_ARGS if name in self._args}
        given |= {"config": hf_config} if self._images.config else {}
        quantization = self._args.get("quantization")
        if quantization is not None:
            self.check_installed(self._config)
        try:
            if quantization is not None:
                given |= quantized.loading(quantization, device, hf_config)
            model = AutoModelForImageTextToText.from_pretrained(
                self._config.model, revision=self._config.revision, **given
            )
            if quantization is None:
                model = model.to(device)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise EngineError(
                f"transformers cannot load '{self._config.model}': {one_line(str(error))}",
                hint="is it an image-text-to-text checkpoint that fits into memory?"
                if quantization is None
                else f"can {device} do the quantization '{quantization}'? Leave it out to see",
            ) from error
        if quantization is not None and not quantized.layers(model)[0]:
            raise EngineError(
                f"'{self._config.model}' has no layer that '{quantization}' can quantize",
                hint="leave 'quantization' out of its args",
            )
        return model.eval()

    def _forget_defaults(
        self, writer: Any, eos: int | list[int] | None, start: int | None = None
    ) -> None:
        """Leave of the checkpoint's generation settings only tokens.

        All else that its own file sets, like sampling, is the decoding's to say.
        """
        from transformers import GenerationConfig

        self._eos = self._tokenizer.eos_token_id if eos is None else eos
        pad = self._tokenizer.pad_token_id
        pad = _first(self._eos) if pad is None else pad
        writer.generation_config = GenerationConfig(
            eos_token_id=self._eos, pad_token_id=pad, decoder_start_token_id=start
        )

    async def _answer(self, batch: list[Request]) -> AsyncIterator[Completion]:
        """Prepare requests, and run those together that the model can take together."""
        if self._model is None:
            raise EngineError("the engine is not started")
        began = time.perf_counter()
        groups: dict[str, list[_Row]] = {}
        for request in batch:
            try:
                row = await self._prepare(request)
            except Exception as error:  # a checkpoint's own code may raise anything
                if isinstance(error, EngineError) and not isinstance(error, WorkerError):
                    raise
                yield failed(request, reason(error), began)
            else:
                groups.setdefault(self._group(row), []).append(row)
        for rows in groups.values():
            for completion in await in_thread(self._run, rows, began):
                yield completion

    async def _prepare(self, request: Request) -> _Row:
        text, refs = await in_thread(self._read, request)
        pictures = await self._images.open(refs)
        inputs = await in_thread(self._inputs, [text], [pictures])
        length = self._length(inputs)
        if length >= self._context:
            raise DataError(
                f"the prompt has {length} tokens, and the model's context is {self._context}"
            )
        params = sampling_params(request.decoding, SAMPLING)
        return _Row(request=request, params=params, text=text, pictures=pictures, length=length)

    def _read(self, request: Request) -> tuple[str, list[MediaRef]]:
        """Give the text that the model is to read, and the pictures to be shown in it."""
        if self._chat is not None:
            messages, refs = chat_messages(request.rendered)
            return self._chat.text(messages), refs
        text, refs = plain_text(request.rendered)
        assert self._captioner is not None  # a model that has started is one or the other
        assert self._special is not None
        # What stands before a worked-out text is words, but for models that are told their task so.
        if not self._captioner.takes_special_tokens and (held := self._special.count(text)):
            raise refusal(held, ["user"])
        return text, refs

    @property
    def _context(self) -> int:
        """The longest prompt and completion together, in tokens."""
        text = self._model.config.get_text_config()
        # T5 states none: it has no table of positions, and was trained on 512.
        return int(getattr(text, "max_position_embeddings", None) or 512)

    def _length(self, inputs: Any) -> int:
        """Count the tokens of the longest prompt."""
        name = self._captioner.prompt if self._captioner else "input_ids"
        return int(inputs[name].shape[1])

    def _group(self, row: _Row) -> str:
        """Give rows that may share a batch the same name.

        A seeded draw must not depend on its neighbours, nor a completion on the room they leave.
        """
        crowded = row.length + row.params["max_tokens"] > self._context
        alone = crowded or row.params.get("seed") is not None
        # Captioners know no padding on the left.
        length = row.length if self._captioner else None
        key = row.request.key if alone else None
        # Processors take pictures for each of a batch's texts, or for none.
        return canonical_json([dict(row.params), length, bool(row.pictures), key])

    def _inputs(self, texts: list[str], pictures: list[list[Any]]) -> Any:
        self._processed += sum(map(len, pictures))
        if self._captioner:
            return self._captioner.inputs(texts, pictures)
        given: dict[str, Any] = {"text": texts, "padding": True, "return_tensors": "pt"}
        if any(pictures):
            given["images"] = [picture for several in pictures for picture in several]
            if type(self._processor).__name__ in NESTED:
                given["images"] = pictures
            given |= self._images.processor_kwargs()
        # One template wrote them all.
        return self._processor(**given, add_special_tokens=lacks_bos(self._processor, texts[0]))

    def _run(self, rows: list[_Row], began: float) -> list[Completion]:
        """Generate for rows that share their sampling parameters; in a worker thread."""
        import torch

        params = rows[0].params
        room = self._context - max(row.length for row in rows)
        try:
            inputs = self._inputs([row.text for row in rows], [row.pictures for row in rows])
            inputs = inputs.to(self._model.device)
            if (seed := params.get("seed")) is not None:
                torch.manual_seed(seed)
            with torch.inference_mode():
                output = self._model.generate(
                    **inputs, **_generate_kwargs(params, room), tokenizer=self._tokenizer
                )
        except Exception as error:
            raise EngineError(
                f"'{self._config.model}' failed: {reason(error)}",
                hint="out of memory? lower batch_size in the model's args",
            ) from error
        self._encoded += sum(len(row.pictures) for row in rows)
        length = self._length(inputs)
        width = self._captioner.echoed(length) if self._captioner else length
        ids = [sequence[width - 1 :].tolist() for sequence in output]
        return [
            self._completion(row, last, answer, began)
            for row, (last, *answer) in zip(rows, ids, strict=True)
        ]

    def _completion(self, row: _Row, last: int, ids: list[int], began: float) -> Completion:
        """Turn a row's new token ids, padded on the right, into a completion.

        ``last`` is the prompt's last token.
        """
        ends = {self._eos} if isinstance(self._eos, int) else set(self._eos or ())
        end = next((place for place, token in enumerate(ids) if token in ends), None)
        written = ids[:end]  # vLLM shows no end, special token or not
        # generate() stops after a stop string, vLLM before it.
        stops = row.params["stop"]
        text, stopped = answer_text(self._tokenizer, last, written, stops)
        while stopped and answer_text(self._tokenizer, last, written[:-1], stops)[1]:
            del written[-1]  # padding, which counts for nothing
        return completed(
            row.request,
            self._made_by,
            text=text,
            finish_reason="stop" if end is not None or stopped else "length",
            prompt_tokens=row.length,
            completion_tokens=len(written) + (end is not None and not stopped),
            seconds=time.perf_counter() - began,
        )


def _generate_kwargs(params: Mapping[str, Json], room: int) -> dict[str, Any]:
    """Write sampling parameters as ``generate()`` wants them; ``room`` is in tokens."""
    sample = params["temperature"] > 0
    kwargs: dict[str, Any] = {"do_sample": sample}
    for name, value in params.items():
        target = SAMPLING[name]
        if target is not None and (sample or name not in SAMPLING_ONLY):
            kwargs[target] = value
    kwargs["max_new_tokens"] = min(kwargs["max_new_tokens"], room)
    if not kwargs["stop_strings"]:
        del kwargs["stop_strings"]
    if sample:
        # generate() keeps the 50 likeliest tokens unless told; vLLM's "all" is 0 or -1.
        kwargs["top_k"] = max(0, kwargs.get("top_k", 0))
    return kwargs


def _first(eos: int | list[int] | None) -> int | None:
    return eos[0] if isinstance(eos, list) else eos
