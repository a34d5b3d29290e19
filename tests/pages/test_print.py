"""HTML becomes a PDF in which no text is a command."""

from __future__ import annotations

import base64

import pytest

from tests.fonts import needs_chinese_font
from whobuys._errors import InstructorError
from whobuys.canvas import _export
from whobuys.pages import printing as _print

PNG = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
).decode()
PAGE = (
    '<h1>T</h1><h2 id="s1">One</h2><h4>Deep</h4><p>a <b>b</b> <em>c</em> #set page() "$x$" \\ </p>'
    "<ul><li>x</li><li><p>y</p></li></ul><ol><li>z</li></ol><pre>code `x`</pre><hr>"
    "<table><thead><tr><th>a</th><th>n</th></tr></thead><tbody><tr><td>#panic()</td><td>1</td></tr>"
    "<tr><td>only one</td></tr></tbody></table>"
    f'<img alt="A dot." src="data:image/png;base64,{PNG}">'
    "<blockquote><p>said</p></blockquote><div><span>loose</span> text</div>"
)


def test_all_kinds_of_elements():
    assert _print.print_page(PAGE, title='A "title" #x').startswith(b"%PDF")


def test_chinese_letters():
    needs_chinese_font()
    made = _print.print_page(
        "<h2>一</h2><p>客户分析报告</p>", title="客户", lang="zh", contents="目录"
    )
    assert b"NotoSansSC" in made


def test_chinese_without_a_font_is_refused(monkeypatch):
    monkeypatch.setattr(_export, "find_spec", lambda name: None)
    with pytest.raises(InstructorError, match="no font"):
        _print.print_page("<p>客户</p>", title="x")


def test_a_page_without_anything():
    assert _print.print_page("", title="Empty").startswith(b"%PDF")
