"""Loading, changing, comparing and writing scenarios.

Everything that is wrong with the YAML, the tables and what refers to what is found in one pass
and raised once.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from capsim.core.errors import InvalidInput, Problems
from capsim.scenario.bureau import NoBureau, named_bureau
from capsim.scenario.extends import Chain, apply_overrides
from capsim.scenario.provenance import Provenance
from capsim.scenario.references import check_references
from capsim.scenario.schema import DataFiles, Place, Scenario, Years
from capsim.scenario.schema_errors import nullable_keys, over_defaults, problems_of
from capsim.scenario.text_files import did_you_mean
from capsim.scenario.yaml_tree import Tree, leaves, place_of, plain
from capsim.tables.context import TableContext
from capsim.tables.county_tables import Tables
from capsim.tables.read import read_tables

Overrides = Iterable[str] | Mapping[str, Any]


def load(path: str | os.PathLike[str], overrides: Overrides = ()) -> Scenario:
    """Load and check a scenario with its tables.

    Parameters
    ----------
    path : path-like
        The scenario file (YAML).
    overrides : iterable of str or mapping, optional
        ``"a.b.c=value"`` (the value read as YAML; empty deletes the key), or a mapping of dotted
        keys to values.

    Returns
    -------
    Scenario
        Immutable, with its provenance and checked tables.

    Raises
    ------
    InvalidInput
        With every problem of the files, the tables and the references between them.
    """
    problems = Problems()
    shown = os.fspath(path)
    file = Path(path)
    chain = Chain(file, shown, problems)
    tree = chain.read()
    if tree is None:
        problems.raise_if_any()
        raise InvalidInput.of_text(shown, "yaml.no_scenario")
    tree, applied = apply_overrides(tree, overrides, problems)
    origin = Provenance(
        file=Path(shown).as_posix() if not Path(shown).is_absolute() else file.name,
        folder=str(file.parent.resolve()),
        hashes=chain.hashes,
        overrides=applied,
    )
    return _build(tree, origin, problems, tables=None)


def _with(scenario: Scenario, changes: Mapping[str, Any], name: str | None) -> Scenario:
    """Load a scenario again with some keys changed; its tables are kept where they may be."""
    problems = Problems()
    every = dict(changes) if name is None else {**changes, "name": name}
    tree, applied = apply_overrides(scenario._tree, every, problems)
    old = scenario.provenance
    read = scenario.tables().hashes
    origin = replace(
        old,
        overrides={**old.overrides, **applied},
        hashes={file: value for file, value in old.hashes.items() if file not in read},
    )
    return _build(tree, origin, problems, tables=scenario)


def _build(
    tree: Tree, origin: Provenance, problems: Problems, *, tables: Scenario | None
) -> Scenario:
    """Validate a merged tree and its tables; reuse the tables of a scenario that reads the same."""
    data = over_defaults(Scenario, plain(tree, nullable_keys(Scenario)))
    data.setdefault("name", Path(origin.file).stem)
    scenario: Scenario | None = None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        problems.extend(problems_of(error, Scenario, tree))
    if scenario is not None and tables is not None and _same_tables(scenario, tables):
        checked: Tables | None = tables.tables()
        kept = origin.warnings
    else:
        context = _context(scenario, data, tree, origin)
        checked = read_tables(context, problems) if context is not None else None
        kept = ()
    if scenario is not None:
        _check_sources(scenario, tree, problems)
        _check_bureau(scenario, tree, origin, problems)
    if scenario is not None and checked is not None:
        check_references(scenario, checked, tree, problems)
    problems.raise_if_any()
    assert scenario is not None and checked is not None
    set_at = {key: leaf.where for key, leaf in leaves(tree) if leaf.value is not None}
    provenance = replace(
        origin,
        hashes={**origin.hashes, **checked.hashes},
        set_at=set_at,
        warnings=(*kept, *problems.warnings),
    )
    scenario._attach(provenance, tree, checked, _with)
    return scenario


def _check_sources(scenario: Scenario, tree: Tree, problems: Problems) -> None:
    """Every key of ``sources`` is a key of the scenario."""
    known = set(flatten(resolve(scenario)))
    known |= {key.rpartition(".")[0] for key in list(known)}
    for key in scenario.sources:
        if key not in known and not any(name.startswith(f"{key}.") for name in known):
            where, _ = place_of(tree, ("sources", key))
            place, hint = f"{where}: sources.{key}", did_you_mean(key, known)
            problems.add_text(place, "schema.unknown_key", remedy=hint)


def _check_bureau(scenario: Scenario, tree: Tree, origin: Provenance, problems: Problems) -> None:
    """The class that replaces the bureau can be imported."""
    if scenario.bureau is None:
        return
    try:
        named_bureau(scenario.bureau, origin.folder)
    except NoBureau as fault:
        where, _ = place_of(tree, ("bureau",))
        problems.add(f"{where}: bureau", str(fault), fault.remedy)


def _same_tables(scenario: Scenario, other: Scenario) -> bool:
    return (
        scenario.data == other.data
        and scenario.place == other.place
        and scenario.years.base == other.years.base
        and scenario.known_until() == other.known_until()
        and scenario.coverage.basis == other.coverage.basis
    )


def _context(
    scenario: Scenario | None, data: dict[str, Any], tree: Tree, origin: Provenance
) -> TableContext | None:
    """What the tables are checked against, even where other sections are wrong."""
    if scenario is not None:
        sections: dict[str, Any] = {
            "data": scenario.data,
            "place": scenario.place,
            "years": scenario.years,
            "known_until": scenario.known_until(),
            "births_basis": scenario.coverage.basis,
        }
    else:
        kinds: dict[str, type[BaseModel]] = {"data": DataFiles, "place": Place, "years": Years}
        sections = {}
        for key, kind in kinds.items():
            try:
                sections[key] = kind.model_validate(data.get(key, {}))
            except ValidationError:
                return None
    at = {key: leaf.where for key, leaf in leaves(tree) if key.startswith("data.")}
    place: Place = sections["place"]
    named = sections["data"].model_dump(exclude={"folder"}).items()
    return TableContext(
        root=Path(origin.folder),
        folder=sections["data"].folder,
        files={key: (file,) if isinstance(file, str) else file or () for key, file in named},
        county=place.name,
        aliases=(place.name_zh, place.code),
        base_year=sections["years"].base,
        known_until=sections.get("known_until"),
        births_basis=sections.get("births_basis"),
        set_at=at,
        file=origin.file,
    )


def resolve(scenario: Scenario) -> dict[str, Any]:
    """Return every key of a scenario with its value, defaults included, as plain data."""
    resolved = _plain_value(scenario.model_dump(mode="python"))
    assert isinstance(resolved, dict)
    return resolved


def dump(scenario: Scenario) -> str:
    """Return the resolved scenario as YAML that :func:`load` reads again."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 100
    out = io.StringIO()
    yaml.dump(_without_none(resolve(scenario), nullable_keys(Scenario)), out)
    return out.getvalue()


def _plain_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain_value(item) for item in value]
    return value


def _without_none(value: Any, keep: Collection[str] = (), path: str = "") -> Any:
    """Leave out what is None, except where null is a value: reading takes it as "delete"."""
    if isinstance(value, dict):
        keys = {key: f"{path}.{key}" if path else str(key) for key in value}
        return {
            key: _without_none(item, keep, keys[key])
            for key, item in value.items()
            if item is not None or keys[key] in keep
        }
    if value is None:
        return None
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value if isinstance(value, dt.date | str | int | float | bool) else str(value)


@dataclass(frozen=True, slots=True)
class Difference:
    """One key in which two scenarios differ.

    Attributes
    ----------
    key : str
        Dotted key, or the name of a file of tables.
    left, right : object
        Its value in each; None where it is absent.
    """

    key: str
    left: Any
    right: Any

    def __str__(self) -> str:
        return f"{self.key}: {self.left!r} -> {self.right!r}"


class Differences(tuple[Difference, ...]):
    """The keys in which two scenarios differ; prints one line each."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self)) if self else "no difference in the inputs"


def diff(left: Scenario, right: Scenario) -> Differences:
    """Return what differs between the inputs of two scenarios, name and title aside.

    Files of tables are compared by their content.
    """
    a, b = flatten(resolve(left)), flatten(resolve(right))
    keys = [key for key in {**a, **b} if key.split(".")[0] not in ("name", "title", "description")]
    found = [Difference(k, a.get(k), b.get(k)) for k in keys if a.get(k) != b.get(k)]
    return Differences([*found, *_changed_files(left.tables().hashes, right.tables().hashes)])


def _changed_files(left: Mapping[str, str], right: Mapping[str, str]) -> list[Difference]:
    """Files of tables that both scenarios read under one name but with other content."""
    return [
        Difference(file, left[file][:12], right[file][:12])
        for file in sorted(left.keys() & right.keys())
        if left[file] != right[file]
    ]


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    """Return nested mappings as one mapping of dotted keys; lists stay whole."""
    if isinstance(value, dict) and value:
        flat: dict[str, Any] = {}
        for key, item in value.items():
            flat.update(flatten(item, f"{path}.{key}" if path else str(key)))
        return flat
    return {path: value}
