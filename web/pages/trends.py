"""How it went: time per stage, arrivals and ends, and the age of open tasks; each as a chart and a table."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.deps import Run
from api.trends import Backlog, Week, trends
from db.reads import StageTime
from domain.reference import STAGES
from domain.roles import LABELS, Role
from domain.text import Text
from web import charts, i18n
from web.charts import Chart
from web.pages.monitor import Watchers, What
from web.reading import caught_up
from web.render import page

router = APIRouter(include_in_schema=False)
AGES: tuple[Text, ...] = (
    Text(id="kurang dari 1 hari", en="under 1 day"),
    Text(id="1–3 hari", en="1–3 days"),
    Text(id="3–7 hari", en="3–7 days"),
    Text(id="7–14 hari", en="7–14 days"),
    Text(id="lebih dari 14 hari", en="over 14 days"),
)
MEDIAN, NINTH = Text(id="median", en="median"), Text(id="persentil 90", en="90th percentile")
ARRIVALS, ENDS = Text(id="masuk", en="arrivals"), Text(id="selesai", en="ends")


@dataclass(frozen=True)
class TrendsPage:
    what: What
    weeks: int
    stage_names: dict[int, Text]
    ages: tuple[Text, ...]
    stages: tuple[StageTime, ...]
    arrivals: tuple[Week, ...]
    backlog: tuple[Backlog, ...]
    stage_chart: Chart
    week_chart: Chart
    backlog_chart: Chart


@router.get("/monitor/trends", name="trends_page")
async def trends_page(
    request: Request,
    access: Watchers,
    runtime: Run,
    what: What = "programmes",
    weeks: Annotated[Literal["4", "12", "26", "52"], Query()] = "12",
) -> HTMLResponse:
    """The last weeks of programmes or applications."""
    await caught_up(request, runtime)
    found = await trends(runtime, "programme" if what == "programmes" else "journey", int(weeks))
    names = {n: Text(id=s.given, en=s.en) for n, s in enumerate(STAGES, start=1)}
    language = i18n.language_of(request)

    def say(text: Text) -> str:
        return i18n.say(language, text)

    context = TrendsPage(
        what=what,
        weeks=int(weeks),
        stage_names=names,
        ages=AGES,
        stages=found.stages,
        arrivals=found.weeks,
        backlog=found.backlog,
        stage_chart=charts.rows(
            [f"{s.stage} {say(names[s.stage])}" for s in found.stages],
            [say(MEDIAN), say(NINTH)],
            [[s.median for s in found.stages], [s.p90 for s in found.stages]],
        ),
        week_chart=charts.columns(
            [f"{w.monday.day}/{w.monday.month}" for w in found.weeks],
            [say(ARRIVALS), say(ENDS)],
            [[w.arrivals for w in found.weeks], [w.ends for w in found.weeks]],
        ),
        backlog_chart=charts.rows(
            [say(LABELS[Role(b.group)]) for b in found.backlog],
            [say(age) for age in AGES],
            [[b.counts[n] for b in found.backlog] for n in range(len(AGES))],
            stacked=True,
        ),
    )
    return await page(request, runtime, access, "trends.html", context)
