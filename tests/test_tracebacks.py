"""What a notebook shows of an error: the student's line and our message, or everything."""

import subprocess
import sys

import pytest

RUN = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
for cell in sys.argv[1:]:
    shell.run_cell(cell)
"""
START = "import pandas as pd\nfrom whobuys.segment import rfm_table\nt = pd.DataFrame({'a': [1]})"
MISUSE = "def mine():\n    return rfm_table(t, as_of='2026-06-30')\n\nmine()"
MESSAGE = 'ValueError: transactions has no column "customer_id"'


def shown(*cells: str) -> str:
    made = subprocess.run(
        [sys.executable, "-c", RUN, *cells], capture_output=True, text=True, check=True
    )
    return made.stdout + made.stderr


def test_of_a_misuse_the_own_lines_and_the_message_are_shown():
    said = shown(START, MISUSE)
    assert said.count("----> ") == 2
    assert "return rfm_table(t" in said
    assert MESSAGE in said
    assert "_rfm.py" not in said
    assert "_lines.py" not in said


def test_a_function_of_the_students_own_called_by_ours_is_shown():
    cell = (
        "from whobuys.value import simple_clv, tornado_table\n"
        "def mine(margin, retention):\n"
        "    return simple_clv(margin=margin, retention=retention * 3, discount_rate=0.1)\n\n"
        "tornado_table(mine, {'margin': 9.0, 'retention': 0.8}, {'retention': (0.5, 0.9)})"
    )
    said = shown(START, cell)
    assert said.count("----> ") == 2
    assert "return simple_clv(" in said
    assert "/whobuys/" not in said


@pytest.mark.parametrize(
    ("cell", "there"),
    [
        ("pd.DataFrame()['x']", "frame.py"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def g(:", "SyntaxError: invalid syntax"),
        ("exec('def g(:')", "SyntaxError: invalid syntax"),
        ("from whobuys.segment import nothing_there", "ImportError: cannot import name"),
    ],
)
def test_other_errors_are_as_ever(cell, there):
    said = shown(START, cell)
    assert there in said
    assert said == shown(START, "get_ipython().set_custom_exc((), None)", cell)


def test_what_another_library_raises_in_ours_is_shown_whole():
    cell = (
        "import whobuys.segment._lines as lines\n"
        "lines.check_names = lambda *a: pd.DataFrame()['x']\n" + MISUSE
    )
    said = shown(START, cell)
    assert "_rfm.py" in said
    assert "frame.py" in said


def test_verbose_shows_everything():
    said = shown(START, "%xmode Verbose", MISUSE)
    assert "_rfm.py" in said
    assert MESSAGE in said


def test_a_handler_of_somebody_else_stays():
    own = (
        "def own(shell, kind, error, trace, tb_offset=None):\n    print('mine:', kind.__name__)\n"
        "get_ipython().set_custom_exc((Exception,), own)"
    )
    assert "mine: ValueError" in shown(own, START, MISUSE)


def test_outside_a_notebook_nothing_is_changed():
    code = f"{START}\nrfm_table(t, as_of='2026-06-30')"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert made.returncode == 1
    assert "_rfm.py" in made.stderr
