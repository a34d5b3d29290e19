"""A path of `datasets/` that a text names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = sorted(
    path
    for pattern in ("course/**/*.md", "course/**/*.yml", "course/**/*.py", "docs/*.md", "*.md")
    for path in ROOT.glob(pattern)
)
NAMED = re.compile(r"\bdatasets/[\w./-]*")


def paths_named(text: str) -> set[str]:
    """Paths of `datasets/` in a text, without the full stop of a sentence."""
    return {found.rstrip(".") for found in NAMED.findall(text)}


def test_a_path_is_found_in_a_sentence() -> None:
    said = "Cards: `datasets/learnhub/`, `datasets/companies/a.yml`, and in datasets/cdnow."
    assert paths_named(said) == {
        "datasets/learnhub/",
        "datasets/companies/a.yml",
        "datasets/cdnow",
    }


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_path_of_datasets_exists(path: Path) -> None:
    named = paths_named(path.read_text(encoding="utf-8"))
    assert not sorted(one for one in named if not (ROOT / one).exists())


def test_texts_were_found_that_name_paths() -> None:
    assert sum(bool(paths_named(path.read_text(encoding="utf-8"))) for path in TEXTS) > 10
