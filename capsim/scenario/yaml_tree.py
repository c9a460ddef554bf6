"""YAML as a tree in which every value remembers the line that set it.

Reading refuses what a planner never means: duplicate keys, merge keys, custom tags, aliases that
multiply a small file into a large one. YAML 1.2: ``no`` is a word and ``1:30`` is not 90.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from capsim.core.errors import Problems
from capsim.scenario.text_files import read_text
from capsim.texts import text

MOST_VALUES = 20_000  # values in one file, aliases expanded; a hand-written scenario has hundreds
MOST_LEVELS = 60

Scalar = str | int | float | bool | dt.date | None


@dataclass(frozen=True, slots=True)
class Tree:
    """A value of a YAML file and where it was set.

    Attributes
    ----------
    value : dict of str to Tree, list of Tree, or a scalar
    where : str
        ``file:line:col`` of the key (or of the item of a list), or ``--set``.
    """

    value: Any
    where: str

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.value, dict)


def read_yaml(path: Path, shown: str, problems: Problems) -> Tree | None:
    """Read a YAML file whose top is a mapping; None if a problem was added.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        Its name in messages.
    problems : Problems
        Receives every problem found.
    """
    content = read_text(path, shown, problems)
    if content is None:
        return None
    before = len(problems)
    tree = parse_yaml(content, shown, problems)
    if tree is None or len(problems) > before:
        return None
    if not tree.is_mapping:
        problems.add_text(f"{shown}:1:1", "yaml.no_mapping")
        return None
    return tree


def parse_yaml(content: str, shown: str, problems: Problems) -> Tree | None:
    """Parse YAML text into a :class:`Tree`; None if it holds nothing or cannot be parsed."""
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(content)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark else shown
        reason = _reason(error.problem or error.context or "")
        problems.add_text(place, "yaml.invalid", reason=reason)
        return None
    except YAMLError as error:
        problems.add_text(shown, "yaml.invalid", reason=str(error).splitlines()[0])
        return None
    except RecursionError:
        problems.add_text(shown, "yaml.too_deep", most=MOST_LEVELS)
        return None
    if node is None:
        problems.add_text(shown, "file.empty")
        return None
    return _Builder(shown, yaml, problems).build(node)


def _reason(said: str) -> str:
    """What the parser says; the slips of a Chinese keyboard have words of their own."""
    if "':'" in said:
        return text("messages.yaml.colon", reason=said)
    if "'\\t'" in said:
        return text("messages.yaml.tab", reason=said)
    return said or text("messages.yaml.syntax")


def parse_value(content: str, where: str, problems: Problems) -> Tree:
    """Parse the text after ``=`` of ``--set`` as a YAML value; empty text is null."""
    if not content.strip():
        return Tree(None, where)
    inner = Problems()
    tree = parse_yaml(content, where, inner)
    problems.extend(inner)
    return Tree(None, where) if tree is None else placed(tree.value, where)


class _Builder:
    """Turns the composed nodes of one file into a tree, counting what aliases expand to."""

    def __init__(self, shown: str, yaml: YAML, problems: Problems) -> None:
        self.shown = shown
        self.yaml = yaml
        self.problems = problems
        self.values = 0
        self.refused = False

    def build(self, node: Node) -> Tree | None:
        tree = self._tree(node, self._place(node), ())
        return None if self.refused else tree

    def _place(self, node: Node) -> str:
        mark = node.start_mark
        return f"{self.shown}:{mark.line + 1}:{mark.column + 1}"

    def _tree(self, node: Node, where: str, above: tuple[int, ...]) -> Tree:
        self.values += 1
        if self.refused:
            return Tree(None, where)
        if self.values > MOST_VALUES:
            self._refuse(where, "yaml.too_many", most=MOST_VALUES)
        elif id(node) in above:
            self._refuse(where, "yaml.own_alias")
        elif len(above) > MOST_LEVELS:
            self._refuse(where, "yaml.too_deep", most=MOST_LEVELS)
        elif isinstance(node, MappingNode):
            return Tree(self._mapping(node, (*above, id(node))), where)
        elif isinstance(node, SequenceNode):
            inner = (*above, id(node))
            return Tree([self._tree(item, self._place(item), inner) for item in node.value], where)
        else:
            return Tree(self._scalar(node), where)
        return Tree(None, where)

    def _refuse(self, where: str, key: str, **values: Any) -> None:
        self.problems.add_text(where, key, **values)
        self.refused = True

    def _mapping(self, node: MappingNode, above: tuple[int, ...]) -> dict[str, Tree]:
        mapping: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, ScalarNode) or key_node.value == "":
                self.problems.add_text(place, "yaml.no_key")
                continue
            key = str(key_node.value)
            if key == "<<":
                self.problems.add_text(place, "yaml.merge_key")
                continue
            if key in mapping:
                first = mapping[key].where
                self.problems.add_text(place, "yaml.twice", key=key, place=first)
                continue
            mapping[key] = self._tree(value_node, place, above)
        return mapping

    def _scalar(self, node: Node) -> Scalar:
        try:
            value = self.yaml.constructor.construct_object(node)
        except ValueError:
            # A date that does not exist stays text, and the schema says what it should be.
            return str(node.value)
        except YAMLError as error:
            reason = getattr(error, "problem", None) or str(error)
            self.problems.add_text(self._place(node), "yaml.unreadable", reason=reason)
            return None
        if isinstance(value, dt.datetime):
            return value.date() if value.time() == dt.time(0) else str(node.value)
        if value is None or isinstance(value, str | int | float | bool | dt.date):
            return value
        self.problems.add_text(self._place(node), "yaml.tag", tag=node.tag)
        return None


def placed(value: Any, where: str) -> Tree:
    """Return plain data or a tree's value as a tree in which everything was set at `where`."""
    if isinstance(value, Tree):
        return placed(value.value, where)
    if isinstance(value, dict):
        return Tree({str(key): placed(item, where) for key, item in value.items()}, where)
    if isinstance(value, list | tuple):
        return Tree([placed(item, where) for item in value], where)
    return Tree(value, where)


def merge(below: Tree, above: Tree) -> Tree:
    """Lay `above` over `below`: mappings merge, lists and scalars replace, null deletes a key."""
    if not (below.is_mapping and above.is_mapping):
        return above
    merged = dict(below.value)
    for key, tree in above.value.items():
        merged[key] = merge(merged[key], tree) if key in merged else tree
    return Tree(merged, above.where)


def plain(tree: Tree, keep_null: Collection[str] = (), path: str = "") -> Any:
    """Return the plain data of a tree; keys set to null are left out, so defaults hold.

    Parameters
    ----------
    tree : Tree
        The data.
    keep_null : collection of str
        Dotted keys for which null is a value of its own ("none").
    path : str
        Dotted key of `tree`.
    """
    if tree.is_mapping:
        keys = {key: f"{path}.{key}" if path else key for key in tree.value}
        return {
            key: plain(item, keep_null, keys[key])
            for key, item in tree.value.items()
            if item.value is not None or keys[key] in keep_null
        }
    if isinstance(tree.value, list):
        return [plain(item) for item in tree.value]
    return tree.value


def place_of(tree: Tree, path: Sequence[str | int]) -> tuple[str, Tree]:
    """Return where the deepest existing part of `path` was set, and the tree there.

    Parts of the path that do not exist (a missing key, the name of a variant that the validator
    puts into its path) are stepped over.
    """
    for part in path:
        child = _child(tree, part)
        if child is not None:
            tree = child
    return tree.where, tree


def _child(tree: Tree, part: str | int) -> Tree | None:
    if tree.is_mapping:
        found = tree.value.get(str(part))
        return found if isinstance(found, Tree) else None
    if isinstance(tree.value, list) and isinstance(part, int) and part < len(tree.value):
        item: Tree = tree.value[part]
        return item
    return None


def leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, Tree]]:
    """Yield every dotted key that holds a scalar or a list, with its tree."""
    if tree.is_mapping:
        for key, item in tree.value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif path:
        yield path, tree
