"""Every parameter of a scenario with its value, unit, source and mark: the list of assumptions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from capsim.scenario.schema import Scenario


def list_assumptions(scenario: Scenario) -> list[dict[str, Any]]:
    """Return one row for each declared parameter of a scenario.

    A parameter at its default has the source and the mark of its declaration. One that the
    scenario sets has those that the scenario gives under ``sources``, else the line that set it
    (``set in baseline.yaml:41:7``) and the mark "assumed".

    Parameters
    ----------
    scenario : Scenario
        A loaded scenario.

    Returns
    -------
    list of dict
        ``scenario, key`` (dotted), ``value`` (plain data), ``unit, source, mark, meaning, is_set``
        and ``set_in``, the line that the source names.
    """
    set_at = scenario.provenance.set_at
    rows = []
    for key, value, field in _parameters(scenario, ""):
        declared = field.json_schema_extra
        assert isinstance(declared, dict)
        where = _set_at(key, set_at)
        given = next((s for k, s in scenario.sources.items() if _covers(k, key)), None)
        source, mark = str(declared["source"]), str(declared["mark"])
        place = PurePath(where).name if where else ""
        if place:
            source, mark = f"set in {place}", "assumed"
        if given is not None:
            source, mark = given.source, given.mark
        rows.append(
            {
                "scenario": scenario.name,
                "key": key,
                "value": _plain(value),
                "unit": declared["unit"],
                "source": source,
                "mark": mark,
                "meaning": " ".join((field.description or "").split()),
                "is_set": bool(where),
                "set_in": place if given is None else "",
            }
        )
    return rows


def _parameters(section: BaseModel, path: str) -> Iterator[tuple[str, Any, FieldInfo]]:
    """Yield every parameter below a section: those declared with a source and a mark."""
    for name, field in type(section).model_fields.items():
        key = f"{path}.{name}" if path else name
        value = getattr(section, name)
        if isinstance(value, BaseModel) and _holds_parameters(value):
            yield from _parameters(value, key)
        elif _is_parameter(field):
            yield key, value, field


def _is_parameter(field: FieldInfo) -> bool:
    return isinstance(field.json_schema_extra, Mapping) and "mark" in field.json_schema_extra


def _holds_parameters(section: BaseModel) -> bool:
    """Whether a section declares parameters of its own; a pair by level does not."""
    fields = type(section).model_fields.values()
    return any(_is_parameter(f) or isinstance(f.default, BaseModel) for f in fields)


def _covers(key: str, of: str) -> bool:
    """Whether `key` is the key `of`, or one above or below it."""
    return key == of or of.startswith(f"{key}.") or key.startswith(f"{of}.")


def _set_at(key: str, set_at: Mapping[str, str]) -> str:
    return next((where for k, where in set_at.items() if k == key or k.startswith(f"{key}.")), "")


def _plain(value: Any) -> Any:
    """Plain data for JSON."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value
