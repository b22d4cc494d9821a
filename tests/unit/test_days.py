"""Days far outside a life's work are refused where they enter."""

from datetime import date

import pytest

from domain import commands as c
from domain.days import EARLIEST, LATEST, require_days
from domain.errors import Malformed
from tests.support.programmes import sealed


def reschedule(*days: date) -> c.RescheduleClass:
    return c.RescheduleClass(class_id="class-a", days=days, reason=sealed("reason"))


def test_the_first_and_the_last_day_are_taken() -> None:
    require_days(reschedule(EARLIEST, LATEST))


def test_every_absurd_day_is_named_however_deep_it_stands() -> None:
    with pytest.raises(Malformed) as error:
        require_days(reschedule(date(2026, 5, 4), date(9999, 12, 31), date(1899, 12, 31)))
    (violation,) = error.value.violations
    assert violation.rule == "X-YEAR"
    assert violation.facts["days"] == ["1899-12-31", "9999-12-31"]
    form = c.ScheduleForm(assessor="m3", venue="TUK-1", day=date(2201, 1, 1))
    with pytest.raises(Malformed):
        require_days(c.CompleteTask(task="t", decision="schedule", form=form))
    attendance = c.AttendanceForm(attended={"s1": (date(3000, 1, 1),)})
    with pytest.raises(Malformed):
        require_days(c.CompleteTask(task="t", decision="finish", form=attendance))
