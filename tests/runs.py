"""One replicate of a county with what it leaves behind."""

from __future__ import annotations

from capsim.county.county import County
from capsim.results.recorder import Recorder
from capsim.results.village_attrition import VillageAttrition
from capsim.year.model import CountyModel


def recorded(
    county: County, replicate: int = 0, years: int | None = None
) -> tuple[CountyModel, Recorder]:
    """Run some years (all by default) and conclude the record."""
    recorder = Recorder(county)
    model = CountyModel(county, replicate, observers=[recorder])
    last = county.scenario.years.horizon if years is None else model.state.year + years
    while model.state.year < last:
        model.step()
    recorder.conclude(model.state)
    return model, recorder


def with_attrition(county: County, replicate: int = 0) -> tuple[CountyModel, VillageAttrition]:
    """A replicate in its base year whose village attrition is observed."""
    attrition = VillageAttrition(county)
    return CountyModel(county, replicate, observers=[attrition]), attrition
