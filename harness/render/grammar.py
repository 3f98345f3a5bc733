"""A parsed template → the same template, refused or rewritten where Jinja has no hook.

Jinja lets its environment decide about attributes, calls and operators, but compiles ``a ~ b``,
slices, lists, comparisons and loops into bare Python. These become filters whose names hold a
space, which nobody can type.
"""
# ruff: noqa: N802  NodeTransformer finds its methods by the names of Jinja's nodes

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer

from harness.nearest import nearest
from harness.render.mistakes import TemplateMistake

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

CONCAT, EACH, SLICE, WEIGH = " concat", " each", " slice", " weigh"

_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.EvalContextModifier: "autoescape",
    nodes.ScopedEvalContextModifier: "autoescape",
}


class Grammar(NodeTransformer):
    """Walks one template.

    Args:
        environment: that the template is of.
        filters: those that may be used.
        tests: those that may be used.
        part: the name of a file and the line that includes it → the key that it is loaded by, and
            the names that it makes.
        repeated: whether the template's own text may be written more than once.
    """

    def __init__(
        self,
        environment: Environment,
        filters: frozenset[str],
        tests: frozenset[str],
        *,
        part: Callable[[str, int], tuple[str, Collection[str]]],
        repeated: bool,
    ) -> None:
        self.environment = environment
        self.filters = filters
        self.tests = tests
        self.columns: list[tuple[int, tuple[str, ...]]] = []
        """Line → what is looked up in ``metadata`` there, for messages."""
        self.made: set[str] = set()
        """Macros and variables that the template makes."""
        self._part = part
        self._repeated = int(repeated)

    def visit(self, node: nodes.Node, *args: Any, **options: Any) -> Any:
        """Rewrite a node and what is in it.

        Raises:
            TemplateMistake: it is a statement, filter or test that prompts do not have.
        """
        for kind, word in _REFUSED.items():
            if isinstance(node, kind):
                raise TemplateMistake(
                    f"a prompt has no {{% {word} %}}",
                    hint="a variant builds on another by 'extends:' in its YAML",
                    line=node.lineno,
                )
        return super().visit(node, *args, **options)

    def visit_Include(self, node: nodes.Include) -> nodes.Node:
        """Let a file's text stand here."""
        if node.ignore_missing or not node.with_context:
            word = "ignore missing" if node.ignore_missing else "without context"
            raise TemplateMistake(f"an include in a prompt has no '{word}'", line=node.lineno)
        self._named(node)
        return node

    def visit_Import(self, node: nodes.Import) -> nodes.Node:
        """Take macros from a file."""
        _refuse_lookalike(node.target, node.lineno)
        self.made.add(node.target)
        self._named(node)
        return node

    def visit_FromImport(self, node: nodes.FromImport) -> nodes.Node:
        """Take macros from a file, which has them."""
        file = node.template
        made = self._named(node)
        for name in node.names:
            taken, known_as = (name, name) if isinstance(name, str) else name
            _refuse_lookalike(known_as, node.lineno)
            self.made.add(known_as)
            if taken not in made:
                where = f"'{file.value}'" if isinstance(file, nodes.Const) else "the file"
                hint = nearest(taken, sorted(made))
                raise TemplateMistake(f"'{taken}' is not in {where}", hint=hint, line=node.lineno)
        return node

    def _named(self, node: nodes.Include | nodes.Import | nodes.FromImport) -> Collection[str]:
        """Put a file's key in the place of its name, which is written out; give what it makes."""
        if not isinstance(node.template, nodes.Const) or not isinstance(node.template.value, str):
            raise TemplateMistake(
                "what is included is named in quotes, once",
                hint='{% include "rules.txt" %}; what varies goes into an {% if %} around it',
                line=node.lineno,
            )
        key, made = self._part(node.template.value, node.lineno)
        node.template = nodes.Const(key, lineno=node.lineno)
        return made

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        """Refuse unknown filters here: Jinja finds those under an ``if`` only when it runs."""
        _check_known("filter", node.name, self.filters, node.lineno)
        return self.generic_visit(node)

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        """Refuse unknown tests."""
        _check_known("test", node.name, self.tests, node.lineno)
        return self.generic_visit(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        """Note what is looked up."""
        self._note(node)
        return self.generic_visit(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """Note what is looked up, and weigh slices."""
        self._note(node)
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        ends = [end or nodes.Const(None) for end in (node.arg.start, node.arg.stop, node.arg.step)]
        return self._filter(SLICE, node.node, ends, node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Let ``~`` keep images whole and refuse null."""
        self.generic_visit(node)
        listed = nodes.List(node.nodes, lineno=node.lineno)
        return self._filter(CONCAT, listed, [], node.lineno)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        """Weigh a list."""
        self.generic_visit(node)
        return self._filter(WEIGH, node, [], node.lineno)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        """Weigh a mapping."""
        self.generic_visit(node)
        return self._filter(WEIGH, node, [], node.lineno)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        """Weigh a tuple, unless it is one of names to assign to."""
        self.generic_visit(node)
        return self._filter(WEIGH, node, [], node.lineno) if node.ctx == "load" else node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Weigh both sides of a comparison."""
        self.generic_visit(node)
        node.expr = self._filter(WEIGH, node.expr, [], node.lineno)
        for operand in node.ops:
            operand.expr = self._filter(WEIGH, operand.expr, [], node.lineno)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Count a loop's turns."""
        self._repeat(node)
        node.iter = self._filter(EACH, node.iter, [], node.lineno)
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:
        """Count what a macro writes."""
        _refuse_lookalike(node.name, node.lineno)
        self.made.add(node.name)
        return self._repeat(node)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        """Note what is assigned to."""
        _refuse_lookalike(node.name, node.lineno)
        if node.ctx == "store":
            self.made.add(node.name)
        return node

    def visit_Keyword(self, node: nodes.Keyword) -> nodes.Node:
        """Refuse names that Python takes for others."""
        _refuse_lookalike(node.key, node.lineno)
        return self.generic_visit(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:
        """Count what the body of a call writes."""
        return self._repeat(node)

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:
        """Let text that may be written more than once be paid for like values."""
        return nodes.Const(node.data, lineno=node.lineno) if self._repeated else node

    def _repeat(self, node: nodes.Node) -> nodes.Node:
        self._repeated += 1
        try:
            return self.generic_visit(node)
        finally:
            self._repeated -= 1

    def _filter(
        self, name: str, value: nodes.Node, args: list[nodes.Expr], line: int
    ) -> nodes.Filter:
        made = nodes.Filter(value, name, args, [], None, None, lineno=line)
        return made.set_environment(self.environment)  # type: ignore[return-value]  # itself

    def _note(self, node: nodes.Getattr | nodes.Getitem) -> None:
        path: list[str] = []
        current: nodes.Node = node
        while isinstance(current, nodes.Getattr | nodes.Getitem):
            key = current.attr if isinstance(current, nodes.Getattr) else current.arg
            if isinstance(key, nodes.Const):
                key = key.value
            if not isinstance(key, str):
                return
            path.append(key)
            current = current.node
        if isinstance(current, nodes.Name) and current.name == "metadata":
            self.columns.append((node.lineno, tuple(reversed(path))))


def _refuse_lookalike(name: str, line: int) -> None:
    """Refuse a name with letters of another form: Python would take ``ｉｄ`` for ``id``."""
    plain = unicodedata.normalize("NFKC", name)
    if plain != name:
        message = f"the name '{name}' is written in letters of another form"
        raise TemplateMistake(message, hint=f"write '{plain}'", line=line)


def _check_known(word: str, name: str, known: Iterable[str], line: int) -> None:
    if name in known:
        return
    close = get_close_matches(name, known, n=1)
    typed = sorted(candidate for candidate in known if candidate.isalpha())
    raise TemplateMistake(
        f"there is no {word} '{name}'",
        hint=f"did you mean '{close[0]}'?" if close else f"{word}s: {', '.join(typed)}",
        line=line,
    )
