"""The exercise must keep nothing of a marked statement, whatever the code looks like."""

import ast
import textwrap

import pytest

from whobuys.course._blanks import blank, blank_cell, has_mark, unmark
from whobuys.course._source import BuildError


def code(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


PAIRS = {
    "assignment": ("a = f(1)  # solution", "a = ..."),
    "chained": ("a = b = f()  # solution", "a = b = ..."),
    "tuple": ("a, b = f()  # solution", "a, b = ..., ..."),
    "list": ("[a, b] = f()  # solution", "a, b = ..., ..."),
    "one of a tuple": ("(a,) = f()  # solution", "a = ..."),
    "starred": ("a, *rest = f()  # solution", "a = ...\nrest = ..."),
    "nested tuple": ("(a, (b, c)) = f()  # solution", "a = ...\nb = ...\nc = ..."),
    "chained with a tuple": ("t = a, b = f()  # solution", "t = ...\na, b = ..., ..."),
    "annotated": ("a: float = f()  # solution", "a: float = ..."),
    "column": ('rfm["x"] = f()\nrfm["y"] = g()  # solution', 'rfm["x"] = f()'),
    "column and name": ('a, rfm["y"] = g()  # solution', "a = ..."),
    "attribute": ("z = 1\nrfm.y = g()  # solution", "z = 1"),
    "annotated attribute": ("z = 1\nrfm.y: int = 2  # solution", "z = 1"),
    "augmented": ("a = 0\na += f()  # solution", "a = 0"),
    "call": ("a = 0\nprint(a)  # solution", "a = 0"),
    "call alone": ("print(f())  # solution", "..."),
    "comment stays alone": ("# Plot.\nplot(x)  # solution", "# Plot."),
    "bare return": ("def f():\n    return  # solution", "def f():\n    return"),
    "import": ("import os  # solution\na = 1", "a = 1"),
    "walrus": ("z = 1\nprint(n := 10)  # solution", "z = 1"),
    "walrus in a test": ("z = 1\nif (n := 5) > 3:  # solution\n    print(n)", "z = 1"),
    "semicolons": ("a = f(); b = g(); print(a)  # solution", "a = ...\nb = ..."),
    "several lines": ("a = f(\n    1,\n    2,\n)  # solution\nb = 2", "a = ...\nb = 2"),
    "mark inside a call": ("a = f(\n    1,  # solution\n    2,\n)\nb = 2", "a = ...\nb = 2"),
    "mark alone inside a call": ("a = f(\n    # solution\n    2,\n)\nb = 2", "a = ...\nb = 2"),
    "marks on each line": ("a = f(  # solution\n    1,  # solution\n)  # solution", "a = ..."),
    "continued": ("a = 1 + \\\n    2  # solution\nb = 3", "a = ...\nb = 3"),
    "multi-line string": ('a = """one\ntwo"""  # solution\nb = 3', "a = ...\nb = 3"),
    "mark inside a string": (
        'a = "# solution"\nb = """x  # solution\n"""\nc = f()  # solution',
        'a = "# solution"\nb = """x  # solution\n"""\nc = ...',
    ),
    "comment kept above": ("# Count.\na = f()  # solution\n# Look.", "# Count.\na = ...\n# Look."),
    "comment with words": ("a = f()  # by the mean  # solution", "a = ..."),
    "comment line dropped": ("a = 1\n# first rank  # solution\nb = 2", "a = 1\nb = 2"),
    "no mark": ("a = 1  # the solution of it\n\n\nb = 2", "a = 1  # the solution of it\n\n\nb = 2"),
    "return": ("def f(x):\n    return x + 1  # solution", "def f(x):\n    return ..."),
    "body": (
        'def f(x):\n    """Add."""\n    y = x + 1  # solution\n    return y  # solution',
        'def f(x):\n    """Add."""\n    y = ...\n    return ...',
    ),
    "empty body": (
        "for x in y:\n    a(x)  # solution\n    b(x)  # solution\nz = 1",
        "for x in y:\n    ...\nz = 1",
    ),
    "empty else": (
        "if x:\n    a()\nelse:\n    b()  # solution",
        "if x:\n    a()\nelse:\n    ...",
    ),
    "empty except and finally": (
        "try:\n    a()\nexcept E:\n    b()  # solution\nfinally:\n    c()  # solution",
        "try:\n    a()\nexcept E:\n    ...\nfinally:\n    ...",
    ),
    "empty case": (
        "match x:\n    case 1:\n        a()  # solution",
        "match x:\n    case 1:\n        ...",
    ),
    "function": ("def f(x):  # solution\n    return x\nf(1)", "f = ...\nf(1)"),
    "class": ("class A:  # solution\n    x = 1\n\nz = 1", "A = ...\n\nz = 1"),
    "decorated, mark above": ("@d(1)  # solution\ndef f(x):\n    return x", "f = ..."),
    "decorated, mark below": ("@d(\n    1)\n@e\ndef f(x):  # solution\n    return x", "f = ..."),
    "decorated, inside": (
        "@d\ndef f(x):\n    return x  # solution",
        "@d\ndef f(x):\n    return ...",
    ),
    "nested functions": (
        "def f():\n    def g():\n        return 1  # solution\n    return g",
        "def f():\n    def g():\n        return ...\n    return g",
    ),
    "head of a loop": ("for x in y:  # solution\n    a(x)\nz = 1", "z = 1"),
    "elif takes it all": ("if a:\n    b()\nelif c:  # solution\n    d()\nz = 1", "z = 1"),
    "else takes it all": ("if a:\n    b()\nelse:  # solution\n    d()\nz = 1", "z = 1"),
    "one-line if": ("if secret: x = 1  # solution\nz = 1", "z = 1"),
    "one-line else": ("if a: x = 1\nelse: x = 2  # solution\nz = 1", "z = 1"),
    "one-line function": ("def f(x): return x  # solution", "f = ..."),
    "comment inside a dropped block": (
        "for x in y:  # solution\n    a(x)\n\n    # then add it up\n# Look.\nz = 1",
        "# Look.\nz = 1",
    ),
    "tabs": (
        "if a:\n\tb = f()  # solution\n\t# Look.\n\tc = 1",
        "if a:\n\tb = ...\n\t# Look.\n\tc = 1",
    ),
    "letters outside ASCII": ("价值 = 数(1)  # solution\nz = '价值'", "价值 = ...\nz = '价值'"),
    "await": ("a = await f()  # solution", "a = ..."),
    "with": ("with open(p) as f:\n    a = f.read()  # solution", "with open(p) as f:\n    a = ..."),
    "marked inside marked": ("for x in y:  # solution\n    a = f(x)  # solution\nz = 1", "z = 1"),
    "type comment": ("a = f()  # type: ignore # solution", "a = ..."),
}


@pytest.mark.parametrize(("source", "wanted"), PAIRS.values(), ids=PAIRS)
def test_blank(source, wanted):
    assert blank(source) == wanted
    assert blank(wanted) == wanted


@pytest.mark.parametrize(("source", "wanted"), PAIRS.values(), ids=PAIRS)
def test_unmark_keeps_the_code(source, wanted):
    clean = unmark(source)
    assert ast.dump(ast.parse(clean)) == ast.dump(ast.parse(source))
    assert not has_mark(clean)
    assert unmark(clean) == clean


HOSTILE = {
    "all in one": '''
        @cached(key="SECRET")
        def outer(a, b=SECRET):  # solution
            """SECRET # solution"""
            def inner():
                return SECRET  # not yet
            # SECRET: then call it
            return inner()
            # SECRET after the last line
        print(1)
    ''',
    "string that ends like a mark": '''
        query = """
        select SECRET -- # solution
        """  # solution
        print(1)
    ''',
    "string closes on the marked line": """
        a = f('''SECRET
        # solution
        '''); b = SECRET  # solution
        print(1)
    """,
    "comments in a call": """
        a = (
            table  # SECRET: group first
            .groupby("SECRET")  # solution
            # SECRET: then count
            .size()
        )
        print(1)
    """,
    "lambda and comprehension": """
        f = lambda x: (  # solution
            [SECRET for y in x if (z := SECRET)]
        )
        print(1)
    """,
    "continued twice": """
        a = SECRET + \\
            SECRET \\
            + 1  # solution
        print(1)
    """,
    "assert and delete": """
        assert SECRET, "SECRET"  # solution
        del SECRET  # solution
        print(1)
    """,
    "subscript": """
        table.loc[table["SECRET"] > 3, "x"] = 1  # solution
        a[SECRET], b = 1, 2  # solution
        print(1)
    """,
    "try": """
        try:  # solution
            SECRET()
        except SECRET as SECRET_:
            pass
        else:
            SECRET()
        print(1)
    """,
    "except head": """
        try:
            SECRET()
        except SECRET:  # solution
            pass
        print(1)
    """,
    "case head": """
        match SECRET:
            case {"SECRET": 1}:  # solution
                SECRET()
        print(1)
    """,
    "closing bracket": """
        a = f(
            SECRET
        ); SECRET()  # solution
        print(1)
    """,
    "f-string": """
        a = f"{SECRET} # solution {SECRET!r:>10}"  # solution
        print(1)
    """,
    "nested default": """
        def f(x):
            y = (lambda SECRET: SECRET)(x)  # solution

            # Give it back.
            return y
        print(1)
    """,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_nothing_of_the_solution_stays(source):
    exercise = blank(code(source))
    assert "SECRET" not in exercise
    assert exercise.endswith("print(1)")
    compile(exercise, "exercise", "exec")
    assert "SECRET" in unmark(code(source))


BAD = {
    "magic": ("%matplotlib inline", "magic or shell"),
    "cell magic": ("%%time\na = 1", "magic or shell"),
    "shell": ("!pip install x", "magic or shell"),
    "help": ("a = 1\nprint?", "magic or shell"),
    "broken": ("a = (1", "not valid Python"),
    "return in the cell": ("return 1", "not valid Python"),
    "mark alone": ("a = 1\n# solution\nb = 2", "stands alone"),
    "mark alone, indented": ("def f():\n    # solution\n    return 1", "stands alone"),
    "capital": ("a = 1  # Solution", "close to the mark"),
    "plural": ("a = 1  # solutions", "close to the mark"),
    "colon": ("a = 1  # solution: the mean", "close to the mark"),
    "slip": ("a = 1  # soluton", "close to the mark"),
    "full stop": ("a = 1  # solution.", "close to the mark"),
}


@pytest.mark.parametrize(("source", "words"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("cut", [blank, blank_cell, unmark])
def test_bad_code_is_refused_with_its_line(source, words, cut):
    with pytest.raises(BuildError, match=words) as raised:
        cut(source)
    assert "code line" in str(raised.value)


@pytest.mark.parametrize(
    "comment", ["#solution", "#  solution", "# solution   ", "## x # solution"]
)
def test_mark_with_other_spaces(comment):
    assert blank(f"a = f() {comment}") == "a = ..."


TAGGED = {
    "last name": ("# Score.\na = f()\nb = g(a)\nprint(b)", "# Score.\nb = ..."),
    "two comment lines": ("# One.\n# Two.\n\n# Three\nb = 1", "# One.\n# Two.\nb = ..."),
    "no comment": ("b = 1", "b = ..."),
    "no name": ("# Plot it.\nplot(x)", "# Plot it."),
    "nothing at all": ("plot(x)", "..."),
    "a tuple": ("a, b = f()", "a, b = ..., ..."),
    "a function": ("# Share.\ndef share(a):\n    b = 1\n    return b", "# Share.\nshare = ..."),
    "inside a with": ("with style():\n    ax = plot(x)", "ax = ..."),
    "inside a case": ("match x:\n    case 1:\n        y = 2", "y = ..."),
    "inside an except": ("try:\n    f()\nexcept E:\n    y = 2", "y = ..."),
    "not inside a class": ("a = 1\nclass B:\n    c = 1", "B = ..."),
    "column": ('rfm = f()\nrfm["x"] = SECRET', "rfm = ..."),
    "marked comment": (
        "# Score.\n# SECRET  # solution\na = SECRET  # solution",
        "# Score.\na = ...",
    ),
    "empty": ("", "..."),
}


@pytest.mark.parametrize(("source", "wanted"), TAGGED.values(), ids=TAGGED)
def test_blank_cell(source, wanted):
    assert blank_cell(source) == wanted


def test_unmark_changes_nothing_else():
    source = "a  =  1   # solution\nb = '# solution'  \n\n# why  # solution\nc = [  # solution\n 1]"
    assert unmark(source) == "a  =  1\nb = '# solution'  \n\n# why\nc = [\n 1]"
