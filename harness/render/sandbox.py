"""The Jinja environment of prompts: data only, the same text each time, work that ends.

Built on Jinja's own sandbox; its hooks decide here what a template may look up, call and compute.
"""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Namespace

from harness.render.budget import MAX_BITS, STEP, Budget, check_number
from harness.render.filters import budget_of, each, filters, tests
from harness.render.grammar import CONCAT, EACH, SLICE, WEIGH, Grammar
from harness.render.mistakes import NullShown, TemplateMistake, use_of
from harness.render.placed import Placed, joined
from harness.render.specs import check_format
from harness.render.values import NULL_HINT, attribute, item, kind_of, shown


class PromptContext(Context):
    """A template's names, and what is left of its budget; made anew for every prompt."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.budget = Budget()

    def derived(self, locals: dict[str, Any] | None = None) -> Context:
        """Give a context for an inner scope, on the same budget."""
        inner = super().derived(locals)
        assert isinstance(inner, PromptContext)  # it is made by context_class, below
        inner.budget = self.budget
        return inner


@pass_context
def _show(context: Context, value: Any) -> str | Placed:
    """Give what ``{{ value }}`` puts into the prompt."""
    if type(value) is str:
        budget_of(context).spend(len(value))
        return value
    return shown(budget_of(context), value)


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """What templates of prompts are compiled and run in."""

    code_generator_class = NativeCodeGenerator  # leaves images as they are instead of str(image)
    context_class = PromptContext
    concat = staticmethod(joined)  # type: ignore[assignment]  # images are kept whole
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self) -> None:
        super().__init__(
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
        self.filters |= {CONCAT: _concat, EACH: pass_context(each), SLICE: _slice, WEIGH: _weigh}

    def grammar(self) -> Grammar:
        """Give what checks a parsed template, and rewrites what Jinja has no hook for."""
        return Grammar(self, self.known_filters, frozenset(self.tests))

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
        budget = budget_of(__context)
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
        return __context.call(__obj, *args, **options)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute ``left operator right``, weighed beforehand."""
        budget = budget_of(context)
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
        return self.binop_table[operator](left, right)


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
    budget = budget_of(context)
    budget.spend(STEP)
    return joined([shown(budget, value) for value in values])


@pass_context
def _slice(context: Context, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """Compute ``value[start:stop:step]``."""
    budget = budget_of(context)
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
    budget_of(context).weigh(value)
    return value
