"""Prompts: as a person writes them, and as a model is sent them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from harness.records.json_value import Json
from harness.records.lint import Silence
from harness.records.media import MediaRef
from harness.records.source import Where

Role = Literal["system", "developer", "user", "assistant", "tool"]
"""Who speaks in a turn of a chat."""

Control = Literal["blind", "shuffled", "grey"]
"""What a variant is shown in the place of a sample's images: nothing, the images of another sample,
grey ones of the same size."""
CONTROLS: tuple[Control, ...] = get_args(Control)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemplarSpec:
    """Which worked examples a prompt shows."""

    dataset: str
    ids: tuple[str, ...] = ()
    """Those that are shown, in order, where the file lists them."""
    choose: Literal["first", "random", "similar"] | None = None
    """How they are chosen from the dataset where the file lists none; similar: for each sample."""
    seed: int = 0
    """Of random."""
    by: str | None = None
    """What similar goes by: image, or metadata.FIELD, its words."""
    form: Literal["turns", "text"] = "turns"
    """turns of the chat, or a variable that the templates show."""
    images: bool = True
    """Whether an exemplar's image is shown too; never where they are text."""
    listed: tuple[str, ...] = ()
    """All that the file lists; of them ``count`` are shown."""
    count: int | str | None = None
    """How many are shown, or the variable that says so; None: all."""
    order: int | str | None = None
    """listed, reversed, a seed to shuffle by, or the variable that says so; None: as listed."""
    number: int = 0
    """How many are chosen: what ``count`` comes to. Of a list ``ids`` says it."""
    arranged: int | str | None = None
    """What ``order`` comes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """One turn of a chat as a person writes it."""

    role: Role
    content: str
    """Jinja source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePart:
    """A file of a suite's folder that a template may include or import from."""

    folder: Path
    """That of the variant's file; names are relative to it."""
    name: str
    """As templates write it."""
    text: str = ""
    """Jinja source."""
    fault: str | None = None
    """Why it cannot be used; None where it can."""

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.folder / self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVariant:
    """One YAML file under ``prompts/<suite>/``, with what it extends already merged in."""

    name: str
    description: str
    system: str | None
    """Jinja source of the system message."""
    user: str
    """Jinja source of the user message; empty where there are ``messages``."""
    exemplars: ExemplarSpec | None
    postprocess: tuple[str, ...]
    """The steps of its one pipeline; empty where it has named ones."""
    generation: Mapping[str, Json]
    """Sampling parameters that this variant sets over the suite's decoding."""
    structured_outputs: Mapping[str, Json] | None = None
    """The form that answers must have: one of regex, choice, json; see harness.answer_form."""
    messages: tuple[MessageTemplate, ...] = ()
    """The whole chat, in the place of ``system`` and ``user``."""
    vars: Mapping[str, Json] = field(default_factory=dict)
    """Variables that templates see, the axes of a matrix included, and their values."""
    matrix: str | None = None
    """The file that this variant is expanded from; None: the file has no matrix."""
    axes: Mapping[str, str] = field(default_factory=dict)
    """Axis of the matrix → the name of this variant's level."""
    nuisance: tuple[str, ...] = ()
    """Axes whose levels mean the same, so that scores are averaged over them."""
    parts: tuple[TemplatePart, ...] = ()
    """Files that its templates may include."""
    pipelines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → steps, of post-processings that are scored from the same completions."""
    control: Control | None = None
    """What it is shown in the place of a sample's images; None: these themselves."""
    control_of: str | None = None
    """The variant that it is a control of."""
    silence: tuple[Silence, ...] = ()
    """What its file and those that it extends do not want to hear of."""
    where: Mapping[str, Where]
    """Field name → where its text begins, so that a template's error names the true line."""

    def templates(self) -> Iterator[tuple[str, MessageTemplate]]:
        """Give the templates of its turns in order, each with its key in ``where``."""
        for i, message in enumerate(self.messages):
            yield f"messages.{i}", message
        if not self.messages:
            if self.system:
                yield "system", MessageTemplate(role="system", content=self.system)
            yield "user", MessageTemplate(role="user", content=self.user)

    @property
    def own_text(self) -> str:
        """All that its author wrote for the model: templates, what they include, variables."""
        texts = [message.content for _, message in self.templates()]
        texts += [part.text for part in self.parts]
        texts += [text for value in self.vars.values() for text in _texts(value)]
        return "\n".join(texts)

    def steps(self, pipeline: str | None) -> tuple[str, ...]:
        """Give the steps of a pipeline; None: of the one without a name."""
        return self.postprocess if pipeline is None else self.pipelines[pipeline]

    def placed_steps(self) -> Iterator[tuple[tuple[str, Where | None], ...]]:
        """Give the steps of each of its pipelines, each with its place."""
        pipelines = {"postprocess": self.postprocess}
        pipelines |= {f"postprocess.{name}": steps for name, steps in self.pipelines.items()}
        whole = self.where.get("postprocess")
        for name, steps in pipelines.items():
            yield tuple((s, self.where.get(f"{name}.{i}", whole)) for i, s in enumerate(steps))

    @property
    def every_step(self) -> tuple[str, ...]:
        """The steps of all its pipelines, each once."""
        return tuple(
            dict.fromkeys(s for p in (self.postprocess, *self.pipelines.values()) for s in p)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """The place of an image in a message."""

    index: int
    """Into RenderedPrompt.media."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A piece of text in a message."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat."""

    role: Role
    parts: tuple[ImagePart | TextPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPrompt:
    """Exactly what a model is sent: messages plus images."""

    messages: tuple[Message, ...]
    media: tuple[MediaRef, ...]
    sha256: str
    """Over the messages and the images' content hashes."""


def _texts(value: Json) -> list[str]:
    """Give the texts of a variable: itself, or the items of a list."""
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)]
