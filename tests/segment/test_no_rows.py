"""A table that a filter left empty is called that, whatever the function looks for."""

import pandas as pd
import pytest

from whobuys.segment import base_strength, effect_sizes, five_tests, persona_inputs, trait_lift

TABLE = pd.DataFrame(columns=["segment", "region", "spend", "visits", "app"])
PLAN = pd.DataFrame({"segment": ["A"], "owner": ["sales"], "offer": ["tea"]})

EMPTY = {
    "base_strength": lambda: base_strength(TABLE, ["region"], outcome="spend"),
    "effect_sizes": lambda: effect_sizes(TABLE, measures=["visits"]),
    "five_tests": lambda: five_tests(
        TABLE, fields=["spend"], reach="app", value="spend", measures=["visits"], plan=PLAN
    ),
    "persona_inputs": lambda: persona_inputs(TABLE, "A", {"basic information": ["visits"]}),
    "trait_lift": lambda: trait_lift(TABLE, "app", segment="segment"),
}


@pytest.mark.parametrize("name", EMPTY)
def test_no_rows_are_told_with_the_mend(name):
    with pytest.raises(ValueError, match=r"^table has no rows\. Check the file or the filter"):
        EMPTY[name]()
