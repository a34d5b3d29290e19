"""Parameters are refused in one message that names what is known."""

from __future__ import annotations

import pytest

from whobuys.report import read_settings
from whobuys.report._settings import NAMES, parameters_of

HOSTILE = [
    ({"segments": 3}, 'There is no parameter "segments". Known: company'),
    ({"compny": "teahouse"}, "Did you mean company?"),
    ({"company": "teahous"}, "Did you mean teahouse?"),
    ({"company": "../../etc/passwd"}, "is no company"),
    ({"company": None}, "company: must be text"),
    ({"k": 1}, "k: must be a whole number from 2 to 10, is 1"),
    ({"k": 2.0}, "k: must be a whole number"),
    ({"k": True}, "k: must be a whole number"),
    ({"k": "4"}, "k: must be a whole number"),
    ({"seed": -1}, "seed: must be a whole number of at least 0"),
    ({"answer_days": 1e9}, "answer_days"),
    ({"hour_cost": float("nan")}, "hour_cost: must be a number"),
    ({"grade_cuts": [0.9, 0.8]}, "rising shares"),
    ({"grade_cuts": []}, "rising shares"),
    ({"grade_cuts": [0, 1]}, "rising shares"),
    ({"grade_cuts": 5}, "rising shares"),
    ({"grade_cuts": [0.1, 0.2, 0.3, 0.4]}, "one to three"),
    ({"lang": "fr"}, "lang: must be one of en, zh"),
    ({"period": "last year"}, "period: must be two days"),
    ({"period": "2026-06-30/2025-07-01"}, "at least 28 days"),
    ({"period": "2026-06-01/2026-06-02"}, "at least 28 days"),
    ({"columns": "customer_id"}, "must read like"),
    ({"columns": {"a": 1}, "data": "x.csv"}, "must map"),
    ({"customer_type": "B2G"}, "customer_type"),
    ({"case": "a", "data": "b"}, "give one of them"),
    ({"customers": "c.csv"}, "goes with your own orders only"),
]


@pytest.mark.parametrize(("given", "says"), HOSTILE)
def test_hostile_parameters(given, says):
    with pytest.raises(ValueError) as found:  # noqa: PT011 - the words are the test
        read_settings(given)
    assert says in str(found.value)


def test_all_faults_in_one_message():
    with pytest.raises(ValueError) as found:  # noqa: PT011 - the words are the test
        read_settings({"k": 0, "seed": "x", "foo": 1})
    assert str(found.value).count("\n- ") == 3


def test_only_injected_names_are_refused():
    space = {
        "company": "teahouse",
        "mine": 3,
        "seed": 5,
        "kk": 4,
        "In": ["", "company = 'teahouse'", "# Parameters\nseed = 5\nkk = 4\n", "setup"],
    }
    assert parameters_of(space) == {"company": "teahouse", "seed": 5, "kk": 4}
    assert parameters_of({"mine": 3, "title": len}) == {}


def test_columns_as_text_or_mapping():
    for columns in ("date=Tag , amount=Betrag", {"date": "Tag", "amount": "Betrag"}):
        settings = read_settings({"data": "x.csv", "columns": columns})
        assert settings.columns == {"date": "Tag", "amount": "Betrag"}


def test_every_parameter_stands_in_the_notebooks():
    import json
    from pathlib import Path

    from whobuys.report import REPORTS

    for name in REPORTS:
        path = Path(__file__).parents[2] / "notebooks" / "reports" / f"{name}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = "".join(next(cell["source"] for cell in cells if cell["id"] == "parameters"))
        named = {line.partition("=")[0].strip() for line in source.splitlines()}
        assert named - set(NAMES) == set()
        assert set(NAMES) - named <= {"hour_cost"}
