"""The Jinja environment of prompts: data only, the same text each time, work that ends.

Built on Jinja's own sandbox; its hooks decide here what a template may look up, call and compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, Undefined, pass_context
from jinja2.lexer import TokenStream
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import MAX_RANGE, ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Namespace

from harness.render.budget import MAX_BITS, STEP, check_number, current
from harness.render.filters import each, filters, tests
from harness.render.grammar import CONCAT, EACH, SLICE, WEIGH, Grammar
from harness.render.lines import in_the_file
from harness.render.miscalculation import no_operation
from harness.render.mistakes import NullShown, TemplateMistake, use_of
from harness.render.placed import Placed, joined
from harness.render.specs import check_format
from harness.render.values import NULL_HINT, attribute, item, kind_of, shown, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, MutableMapping

    from jinja2 import nodes
    from jinja2.environment import TemplateModule

    from harness.yaml_texts import Breaks


class PromptTemplate(Template):
    """A template whose macros belong to one prompt when another imports them."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        """Run an imported file anew: Jinja would keep it, and what it cost, for all prompts."""
        return self.make_module()


class _Parts(BaseLoader):
    """Files that templates include, each compiled beforehand and paid for at every use."""

    def __init__(self) -> None:
        self.templates: dict[str, tuple[Template, int]] = {}
        """By key; with the characters of its source."""

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        template, size = self.templates[name]
        current().spend(STEP + size)
        return template


@pass_context
def _show(_context: Context, value: Any) -> str | Placed:
    """Give what ``{{ value }}`` puts into the prompt; Jinja runs no such thing beforehand."""
    if type(value) is str:
        current().spend(len(value))
        return whole(value)
    return shown(current(), value)


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """What templates of prompts are compiled and run in."""

    code_generator_class = NativeCodeGenerator  # leaves images as they are instead of str(image)
    template_class = PromptTemplate
    concat = staticmethod(joined)  # type: ignore[assignment]  # images are kept whole
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self) -> None:
        self._parts = _Parts()
        super().__init__(
            loader=self._parts,
            cache_size=0,  # every use of a file is paid for
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,  # nothing is computed before a prompt, and its budget, are there
            finalize=_show,
        )
        self.globals = {"range": safe_range, "namespace": Namespace}
        self.tests: dict[str, Any] = tests()
        self.filters: dict[str, Any] = filters()
        self.known_filters = frozenset(self.filters)
        self._breaks: Breaks | None = None
        self.filters |= {CONCAT: _concat, EACH: pass_context(each), SLICE: _slice, WEIGH: _weigh}

    def tree(self, source: str, breaks: Breaks | None = None) -> nodes.Template:
        """Parse a template.

        Args:
            source: its text.
            breaks: where lines of its file begin in it; None: each line of the text is one.

        Raises:
            TemplateSyntaxError: it is no Jinja; the line is that of the file, from 1.
        """
        self._breaks = breaks
        return self.parse(source)

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """Number the lines of tokens as their file does."""
        tokens = self.tokens(source, self._breaks, state)
        return TokenStream(self.lexer.wrap(tokens, name, filename), name, filename)

    def tokens(
        self, source: str, breaks: Breaks | None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        """Give a template's tokens with their lines.

        Raises:
            TemplateSyntaxError: it is no Jinja.
        """
        tokens = self.lexer.tokeniter(source, None, None, state)
        return tokens if breaks is None else in_the_file(tokens, source, breaks)

    def grammar(
        self, part: Callable[[str, int], tuple[str, Collection[str]]], *, repeated: bool
    ) -> Grammar:
        """Give what checks a parsed template, and rewrites what Jinja has no hook for.

        Args:
            part: the name of a file and the line that names it → its key, and the names it makes.
            repeated: whether the template may be shown more than once in a prompt.
        """
        known = frozenset(self.tests)
        return Grammar(self, self.known_filters, known, part=part, repeated=repeated)

    def made(self, tree: nodes.Template, name: str, filename: str) -> Template:
        """Compile a parsed template.

        Args:
            tree: rewritten by ``grammar``.
            name: as messages of Jinja's name it.
            filename: what traces call it.
        """
        code = self.compile(tree, name, filename)
        template = self.template_class.from_code(self, code, dict(self.globals))
        template.globals = dict(template.globals)  # copied for every prompt: a ChainMap is slow
        return template

    def offer(self, key: str, template: Template, size: int) -> None:
        """Let templates include a compiled file of so many characters by its key."""
        self._parts.templates[key] = (template, size)

    def getattr(self, obj: Any, attribute_name: str) -> Any:
        """Look up ``obj.name`` in data."""
        return attribute(obj, attribute_name)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up ``obj[key]`` in data."""
        return item(obj, argument)

    def call(
        __self,  # noqa: N805 as in Jinja: no keyword of a template can collide with it
        __context: Context,
        __obj: Any,
        *args: Any,
        **options: Any,
    ) -> Any:
        """Call a macro, or one of the few functions there are.

        Raises:
            TemplateMistake: it is anything else.
        """
        budget = current()
        budget.spend(STEP)
        if isinstance(__obj, Undefined):
            use_of(__obj)
        if isinstance(__obj, LoopContext):  # of a recursive loop
            args = tuple(each(__context, value) for value in args)
        elif isinstance(getattr(__obj, "__self__", None), LoopContext):
            for value in args:
                budget.weigh(value)
        elif not (isinstance(__obj, Macro) or __obj is safe_range or __obj is Namespace):
            raise TemplateMistake(
                f"{kind_of(__obj)} cannot be called",
                hint="a template may call range, namespace, loop.cycle and its own macros",
            )
        try:
            return __context.call(__obj, *args, **options)
        except OverflowError as error:
            if __obj is not safe_range:
                raise
            raise TemplateMistake(f"a range of more than {MAX_RANGE:,} numbers") from error

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute ``left operator right``, weighed beforehand."""
        budget = current()
        budget.spend(STEP)
        if left is None or right is None:
            raise NullShown(f"null {operator} …" if left is None else f"… {operator} null",
                            hint=NULL_HINT)  # fmt: skip
        if isinstance(left, int) and isinstance(right, int):
            _check_whole(operator, left, right)
        elif isinstance(left, Placed) or isinstance(right, Placed):
            if operator != "+" or not all(isinstance(v, str | Placed) for v in (left, right)):
                raise TemplateMistake(f"'{operator}' of an image", hint="join with ~")
            return joined([shown(budget, left), shown(budget, right)])
        elif operator == "%" and isinstance(left, str):
            check_format(budget, left, right)
        elif operator == "*":
            for value, times in ((left, right), (right, left)):
                if isinstance(times, int) and not isinstance(value, int | float):
                    budget.spend(budget.weigh(value) * max(0, times))
        else:
            budget.weigh(left)
            budget.weigh(right)
        try:
            return self.binop_table[operator](left, right)
        except TypeError as error:
            raise no_operation(operator, left, right) from error


def _check_whole(operator: str, left: int, right: int) -> None:
    bits = left.bit_length(), right.bit_length()
    if operator == "*":
        check_number(sum(bits))
    elif operator == "**" and right > 0:
        check_number(bits[0] * right if bits[1] < 64 and bits[0] > 1 else 0)
        check_number(MAX_BITS + 1 if bits[1] >= 64 and bits[0] > 1 else 0)
    else:
        check_number(max(bits) + 1)


@pass_context
def _concat(context: Context, values: list[Any]) -> str | Placed:
    """Compute ``a ~ b``."""
    budget = current()
    budget.spend(STEP)
    return joined([shown(budget, value) for value in values])


@pass_context
def _slice(context: Context, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """Compute ``value[start:stop:step]``."""
    budget = current()
    budget.spend(STEP)
    if isinstance(value, Undefined):
        use_of(value)
    if not isinstance(value, str | list | tuple | range):
        raise TemplateMistake(f"no part can be cut out of {kind_of(value)}")
    result = value[start:stop:step]
    budget.weigh(result)
    return result


@pass_context
def _weigh(context: Context, value: Any) -> Any:
    """Pay for a list that a template writes, or for a value that it compares."""
    current().weigh(value)
    return value
