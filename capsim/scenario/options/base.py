"""The base of all scenario sections: frozen, closed to unknown keys, documented in place.

A parameter declares its default, unit, source and mark once, with :func:`parameter`; the schema,
the documentation, the provenance and the report's list of assumptions all read it from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Mark = Literal["found", "derived", "recalled", "assumed"]


class Section(BaseModel):
    """A section of a scenario: immutable, unknown keys forbidden."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        str_strip_whitespace=True,
    )


def parameter(
    default: Any = ...,
    *,
    unit: str = "",
    source: str,
    mark: Mark,
    factory: Callable[[], Any] | None = None,
    **limits: Any,
) -> Any:
    """Declare a model parameter with its provenance.

    Parameters
    ----------
    default : object
        Default value; leave out for a required parameter.
    unit : str
        Unit, in words.
    source : str
        Where the default comes from.
    mark : {"found", "derived", "recalled", "assumed"}
        How well the source is known: seen in a publication, computed from such figures, believed
        right but not seen, or chosen here.
    factory : callable, optional
        Makes the default, for sections and lists.
    limits
        Passed to :func:`pydantic.Field` (``ge``, ``le``, ``gt``, ``lt``, ``min_length`` ...).
    """
    extra: dict[str, Any] = {"unit": unit, "source": source, "mark": mark}
    if factory is not None:
        return Field(default_factory=factory, json_schema_extra=extra, **limits)
    return Field(default, json_schema_extra=extra, **limits)


class ByLevel(Section):
    """A number for each level."""

    primary: float
    """Primary, grades 1-6."""
    junior: float
    """Junior, grades 7-9."""

    def at(self, level: str) -> float:
        """Return the number of a level named ``primary`` or ``junior``."""
        return self.primary if level == "primary" else self.junior

    def as_tuple(self) -> tuple[float, float]:
        """Return (primary, junior)."""
        return (self.primary, self.junior)


def _between(low: float, high: float = float("inf")) -> AfterValidator:
    """A check that the numbers of both levels lie between two bounds."""
    allowed = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"

    def checked(values: ByLevel) -> ByLevel:
        wrong = {name: v for name, v in values if not low <= v <= high}
        if len(wrong) == 1:
            (name, value), *_ = wrong.items()
            raise ValueError(f"{name}: {value:g} is out of range (must be {allowed})")
        if wrong:
            both = " and ".join(f"{name} {value:g}" for name, value in wrong.items())
            raise ValueError(f"{both} are out of range (must be {allowed})")
        return values

    return AfterValidator(checked)


Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
SharesByLevel = Annotated[ByLevel, _between(0, 1)]
AmountsByLevel = Annotated[ByLevel, _between(0)]
SizesByLevel = Annotated[ByLevel, _between(1)]
