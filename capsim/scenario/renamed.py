"""Keys that have another name now: they are still read, with a warning that names the new one."""

from __future__ import annotations

from typing import Final

from capsim.core.errors import Problems
from capsim.scenario.yaml_tree import Tree, merge

# Old dotted key -> its name today. Entries are only ever added.
RENAMED: Final[dict[str, str]] = {
    "base_year": "years.base",
    "years.start": "years.base",
    "years.end": "years.horizon",
    "runs": "replicates",
    "random_seed": "seed",
    "data.directory": "data.folder",
    "data.attendance_zones": "data.zones",
}


def rename_keys(tree: Tree, problems: Problems, renamed: dict[str, str] = RENAMED) -> Tree:
    """Return `tree` with old keys moved to their new names.

    Parameters
    ----------
    tree : Tree
        One scenario file.
    problems : Problems
        Receives a warning for each old key, and a problem where both names are set.
    renamed : dict of str to str, optional
        Old to new dotted keys.
    """
    for old, new in renamed.items():
        found = _get(tree, old)
        if found is None:
            continue
        if _get(tree, new) is not None:
            problems.add_text(f"{found.where}: {old}", "schema.old_name", key=new)
            continue
        problems.warn_text(f"{found.where}: {old}", "schema.renamed", key=new)
        tree = merge(_without(tree, old.split(".")), _nested(new.split("."), found))
    return tree


def _get(tree: Tree, key: str) -> Tree | None:
    for part in key.split("."):
        if not tree.is_mapping or part not in tree.value:
            return None
        tree = tree.value[part]
    return tree


def _without(tree: Tree, parts: list[str]) -> Tree:
    copy = dict(tree.value)
    if len(parts) == 1:
        copy.pop(parts[0], None)
    else:
        copy[parts[0]] = _without(copy[parts[0]], parts[1:])
    return Tree(copy, tree.where)


def _nested(parts: list[str], leaf: Tree) -> Tree:
    for part in reversed(parts):
        leaf = Tree({part: leaf}, leaf.where)
    return leaf
