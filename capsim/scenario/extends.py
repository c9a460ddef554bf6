"""One scenario from a chain of files: ``extends``, overrides, and folders that stay inside."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

from capsim.core.errors import Problems
from capsim.scenario.provenance import sha256_of
from capsim.scenario.renamed import rename_keys
from capsim.scenario.text_files import inside
from capsim.scenario.yaml_tree import Tree, merge, parse_value, placed, read_yaml

SET = "--set"


class Chain:
    """Reads a scenario file and everything it extends.

    Parameters
    ----------
    path : Path
        The scenario file; its folder is the root no other path may leave.
    shown : str
        How the user named it; names of further files are shown the same way.
    problems : Problems
        Receives what is wrong.
    """

    def __init__(self, path: Path, shown: str, problems: Problems) -> None:
        self.path = path
        self.shown = shown
        self.root = path.parent
        self.problems = problems
        self.hashes: dict[str, str] = {}
        self._known: dict[Path, dict[Path, Tree] | None] = {}

    def read(self) -> Tree | None:
        """Return the merged tree, or None if a file of the chain cannot be used."""
        layers = self._layers(self.path, self.shown, ())
        return None if layers is None else reduce(merge, layers.values())

    def _layers(self, path: Path, shown: str, above: tuple[Path, ...]) -> dict[Path, Tree] | None:
        """What each file of the chain says itself, the lowest first; each file once.

        So what two plans say stays, though the file that both extend says something else.
        """
        tree = read_yaml(path, shown, self.problems)
        if tree is None:
            return None
        self.hashes[_relative(path, self.root)] = sha256_of(path)
        tree = rename_keys(tree, self.problems)
        tree = _with_folder_below_root(tree, path.parent, self.root)
        layers: dict[Path, Tree] = {}
        for name, where in self._bases(tree):
            below = self._base(name, where, path, shown, (*above, path.resolve()))
            if below is None:
                return None
            for file, said in below.items():
                layers.setdefault(file, said)
        own = Tree({k: v for k, v in tree.value.items() if k != "extends"}, tree.where)
        return {**layers, path.resolve(): own}

    def _bases(self, tree: Tree) -> list[tuple[str, str]]:
        """Names of the files that a tree extends, with the places that name them."""
        entry = tree.value.get("extends")
        if entry is None or entry.value is None:
            return []
        items = entry.value if isinstance(entry.value, list) else [entry]
        wrong = [item for item in items if not isinstance(item.value, str) or not item.value]
        for item in wrong:
            self.problems.add_text(f"{item.where}: extends", "extends.no_file")
        return [(item.value, item.where) for item in items if item not in wrong]

    def _base(
        self, name: str, where: str, path: Path, shown: str, above: tuple[Path, ...]
    ) -> dict[Path, Tree] | None:
        target = path.parent / name
        if not inside(target, self.root):
            self.problems.add_text(f"{where}: extends", "file.outside", file=name)
            return None
        if target.resolve() in above:
            self.problems.add_text(f"{where}: extends", "extends.circle", file=name)
            return None
        if not target.is_file():
            # The missing file is reported at the line that names it.
            self.problems.add_text(f"{where}: extends", "file.named_not_found", file=name)
            return None
        if target.resolve() not in self._known:
            layers = self._layers(target, os.path.normpath(Path(shown).parent / name), above)
            self._known[target.resolve()] = layers
        return self._known[target.resolve()]


def apply_overrides(
    tree: Tree, overrides: Iterable[str] | Mapping[str, Any], problems: Problems
) -> tuple[Tree, dict[str, str]]:
    """Lay ``key=value`` overrides over a tree.

    Parameters
    ----------
    tree : Tree
        The merged scenario.
    overrides : iterable of str or mapping
        ``"a.b.c=value"`` with the value read as YAML, or dotted keys with plain values.
    problems : Problems
        Receives malformed overrides.

    Returns
    -------
    (Tree, dict)
        The new tree and the overridden keys with their values as text.
    """
    items = overrides.items() if isinstance(overrides, Mapping) else map(_split, overrides)
    applied: dict[str, str] = {}
    for key, value in items:
        parts = key.strip().split(".")
        if value is None and "=" not in key and not isinstance(overrides, Mapping):
            problems.add_text(SET, "override.no_value", key=key)
        elif not all(parts):
            problems.add_text(SET, "override.no_key", key=key)
        elif parts[0] == "extends":
            problems.add_text(f"{SET}: extends", "override.extends")
        else:
            from_text = isinstance(value, str) and not isinstance(overrides, Mapping)
            leaf = parse_value(str(value), SET, problems) if from_text else placed(value, SET)
            applied[key.strip()] = str(value)
            for part in reversed(parts):
                leaf = Tree({part: leaf}, SET)
            tree = merge(tree, leaf)
    return rename_keys(tree, problems), applied


def _split(override: str) -> tuple[str, str | None]:
    key, equals, value = override.partition("=")
    return (key, value) if equals else (override, None)


def _with_folder_below_root(tree: Tree, own: Path, root: Path) -> Tree:
    """Make ``data.folder`` relative to the root's folder, whatever file of the tree names it."""
    data = tree.value.get("data")
    folder = data.value.get("folder") if data is not None and data.is_mapping else None
    if folder is None or not isinstance(folder.value, str) or own.resolve() == root.resolve():
        return tree
    moved = Tree(Path(os.path.relpath(own / folder.value, root)).as_posix(), folder.where)
    return merge(tree, Tree({"data": Tree({"folder": moved}, data.where)}, tree.where))


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()
