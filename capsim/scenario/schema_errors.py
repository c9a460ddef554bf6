"""Faults found by the schema, said as a planner would read them, with the line to mend."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from capsim.core.errors import Problem
from capsim.scenario.text_files import did_you_mean
from capsim.scenario.yaml_tree import Tree, place_of
from capsim.texts import Text, text

Location = Sequence[str | int]

_NOT_A_NUMBER = {
    "int_parsing", "int_type", "float_parsing", "float_type", "finite_number", "decimal_parsing",
}  # fmt: skip
_NOT_A_MAPPING = {"model_type", "dict_type", "model_attributes_type", "mapping_type"}
_NOT_A_LIST = {"list_type", "tuple_type", "set_type", "frozen_set_type"}
_LENGTHS = {"too_short": "min_length", "too_long": "max_length"}
_LIMITS = {
    "greater_than_equal": "ge",
    "greater_than": "gt",
    "less_than_equal": "le",
    "less_than": "lt",
}


def problems_of(error: ValidationError, model: type[BaseModel], tree: Tree) -> list[Problem]:
    """Return one problem per fault of a validation error.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    model : type of BaseModel
        The model that was validated.
    tree : Tree
        The data it was given, for the lines.
    """
    found: dict[tuple[str, str], Problem] = {}
    for fault in error.errors(include_url=False):
        location = tuple(part for part in fault["loc"] if isinstance(part, str | int))
        what, remedy = _said(dict(fault), model, location)
        location, what = _closer(tree, location, what)
        where, _ = place_of(tree, location)
        key = _key(tree, location, missing=fault["type"] == "missing")
        place = f"{where}: {key}" if key else where
        earlier = found.get((place, ""))
        if earlier is None:
            found[(place, "")] = Problem(place, what, remedy)
        elif what not in earlier.what:
            either = text("messages.schema.or", first=earlier.what, second=what)
            found[(place, "")] = Problem(place, either, earlier.remedy)
    return list(found.values())


def known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys that may stand where the last part of `location` stands."""
    candidates = [model]
    for part in location[:-1]:
        deeper = [
            inner
            for candidate in candidates
            if str(part) in candidate.model_fields
            for inner in _models_in(candidate.model_fields[str(part)].annotation)
        ]
        candidates = deeper or candidates
    return list(dict.fromkeys(name for c in candidates for name in c.model_fields))


def nullable_keys(model: type[BaseModel], path: str = "") -> frozenset[str]:
    """Return the dotted keys for which null means "none" because their default is something.

    Everywhere else null deletes the key, so that its default holds.
    """
    found: set[str] = set()
    for name, field in model.model_fields.items():
        key = f"{path}.{name}" if path else name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= nullable_keys(field.annotation, key)
        elif type(None) in typing.get_args(field.annotation):
            default = field.get_default(call_default_factory=True, validated_data={})
            if default is not None:
                found.add(key)
    return frozenset(found)


def over_defaults(model: type[BaseModel], data: dict[str, Any]) -> dict[str, Any]:
    """Lay the sections that `data` sets in part over their defaults.

    ``class_cap: {primary: 40}`` leaves the default of junior: a section of a section merges with
    its default as it would with a file below. Items of lists stand for themselves.
    """
    filled = dict(data)
    for name, field in model.model_fields.items():
        inner, given = field.annotation, data.get(name)
        if not isinstance(given, dict):
            continue
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            continue
        default = None
        if not field.is_required():
            default = field.get_default(call_default_factory=True, validated_data={})
        if isinstance(default, BaseModel):
            own = {key: getattr(default, key) for key in inner.model_fields}
            given = {**own, **_merged(own, given)}
        filled[name] = over_defaults(inner, given)
    return filled


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay plain data over a default's values, section by section."""
    merged = {}
    for key, value in above.items():
        default = below.get(key)
        if isinstance(value, dict) and isinstance(default, BaseModel):
            own = {name: getattr(default, name) for name in type(default).model_fields}
            value = {**own, **_merged(own, value)}
        merged[key] = value
    return merged


def _models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _closer(
    tree: Tree, location: tuple[str | int, ...], what: str
) -> tuple[tuple[str | int, ...], str]:
    """Take the key that a check of a whole section names (``class_cap.primary: ...``) as place.

    The nearest part of it that a file sets is where the line is; the rest stays in the text.
    """
    named = re.match(r"([a-z_]\w*(?:\.\w+)*): (.*)", what, re.DOTALL)
    if named is None:
        return location, what
    _, section = place_of(tree, location)
    parts = named[1].split(".")
    _, deepest = place_of(section, parts)
    if deepest is section:
        return location, what
    number = next(n for n in range(1, len(parts) + 1) if place_of(section, parts[:n])[1] is deepest)
    rest = ".".join(parts[number:])
    return (*location, *parts[:number]), f"{rest}: {named[2]}" if rest else named[2]


def _key(tree: Tree, location: Location, *, missing: bool) -> str:
    """Dotted key of a location without the names of variants, which the user did not write."""
    parts: list[str] = []
    for number, part in enumerate(location):
        _, deeper = place_of(tree, [part])
        exists = deeper is not tree
        if not exists and not (missing and number == len(location) - 1):
            continue
        parts.append(str(part))
        tree = deeper
    return ".".join(parts)


def _fault(key: str, remedy: str = "", /, **values: Any) -> tuple[str, str]:
    """Return what is wrong and the remedy, as ``messages.schema.<key>`` words them."""
    problem = Problem.of("", f"schema.{key}", remedy=remedy, **values)
    return problem.what, problem.remedy


def _said(fault: dict[str, Any], model: type[BaseModel], location: Location) -> tuple[str, str]:
    """Return what is wrong and the remedy."""
    kind = str(fault["type"])
    value = fault.get("input")
    context = fault.get("ctx") or {}
    if kind == "missing":
        return _fault("missing")
    if kind == "extra_forbidden":
        names = known_keys(model, location)
        more = " ..." if len(names) > 14 else ""
        listed = text("messages.schema.known_keys", names=f"{', '.join(names[:14])}{more}")
        return _fault("unknown_key", did_you_mean(str(location[-1]), names) or listed)
    if kind in _NOT_A_NUMBER:
        return _fault("not_a_number", value=_shown(value))
    if kind == "int_from_float":
        return _fault("not_whole", value=value)
    if kind in _LIMITS:
        return _fault(_LIMITS[kind], value=value, limit=context[_LIMITS[kind]])
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        return _not_one_of(value, context)
    if kind == "union_tag_not_found":
        return _fault("lacks_key", key=context.get("discriminator", "kind"))
    return _said_of_shape(kind, value, str(fault["msg"]), context)


def _said_of_shape(kind: str, value: Any, message: str, context: dict[str, Any]) -> tuple[str, str]:
    if kind == "string_type":
        quote = text("messages.schema.quote") if isinstance(value, int | float) else ""
        return _fault("not_text", quote, value=_shown(value))
    if kind in _NOT_A_MAPPING or kind in _NOT_A_LIST:
        found = text("messages.schema.found", value=_shown(value))
        return _fault("no_section" if kind in _NOT_A_MAPPING else "no_list", found)
    if kind in _LENGTHS:
        limit = _LENGTHS[kind]
        return _fault(limit, count=context["actual_length"], limit=context[limit])
    if kind.startswith("date"):
        return _fault("not_a_date", value=_shown(value))
    if kind.startswith("bool"):
        return _fault("no_flag", value=_shown(value))
    raised = context.get("error")
    if isinstance(raised, ValueError) and raised.args and isinstance(raised.args[0], Text):
        return raised.args[0], ""
    said = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return said[:1].lower() + said[1:], ""


def _not_one_of(value: Any, context: dict[str, Any]) -> tuple[str, str]:
    if "tag" in context:
        value = context["tag"]
    listed = str(context.get("expected") or context.get("expected_tags") or "")
    names = [name.strip(" '") for name in listed.replace(" or ", ", ").split(",")]
    hint = did_you_mean(str(value), names) if isinstance(value, str) else ""
    return _fault("not_one_of", hint, value=_shown(value), names=", ".join(names))


def _shown(value: Any) -> str:
    """A short picture of a value for a message."""
    if isinstance(value, str):
        short = value if len(value) <= 40 else f"{value[:37]}..."
        return text("messages.shown.text", text=short)
    if isinstance(value, dict):
        return text("messages.shown.section")
    if isinstance(value, list | tuple):
        return text("messages.shown.list")
    if isinstance(value, bool):
        return str(value).lower()
    return text("messages.shown.nothing") if value is None else str(value)
