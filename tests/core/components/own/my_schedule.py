from typing import Annotated

from pydantic import Field

from core.components.schedules import SCHEDULES


@SCHEDULES.add("inverse")
def inverse(steps: int, steps_per_epoch: int, *, decay: Annotated[float, Field(ge=0)] = 0.1):
    """Inverse: divided by 1 and a little more after every step."""
    return lambda step: 1 / (1 + decay * step)
