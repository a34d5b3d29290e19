"""The committed notebooks are what the sources in course/ build."""

from pathlib import Path

import pytest

from whobuys.course.build import build, check

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("course/*/lesson.md"), *ROOT.glob("course/*/exercise.md")]
SOURCES += ROOT.glob("course/reports/*.md")
UNITS = sorted({source.parent.name for source in SOURCES})


@pytest.mark.parametrize("unit", UNITS)
def test_committed_notebooks_are_current(unit):
    problems = check(ROOT, build(ROOT, [unit]), full=False)
    assert not problems, "\n".join(problems)


def test_nothing_is_left_over():
    if not UNITS:
        pytest.skip("course/ has no unit yet")
    problems = check(ROOT, build(ROOT))
    assert not problems, "\n".join(problems)
