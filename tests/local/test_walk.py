"""The walk's browser and its messages (走查). The walk itself is done in test_stack, where a stack runs already."""

import os
import subprocess
import sys

import httpx
import pytest

from sealreg.local import ports
from sealreg.local.browsing import Browser, NotAsExpected, Page
from tests.plugin import ROOT

PAGE = """<html><head><style>p{}</style></head><body><h1>填写 备案</h1>
<form method="post" action="/a/"><input type="hidden" name="csrf" value="x"><input name="who" value="甲">
<input type="checkbox" name="sure"><input type="checkbox" name="kept" checked>
<input type="radio" name="grade" value="5"><input type="radio" name="grade" value="4" checked>
<input type="file" name="paper"><textarea name="words">
多行 &amp; 文字</textarea>
<select name="kind"><option value="01">一</option><option value="02" selected>二</option></select>
<select name="first"><option value="a">A</option><option value="b">B</option></select>
<button name="action" value="next">下一步</button></form>
<form action="/b/"><button name="action" value="other">另</button></form>
<datalist id="stock"><option value="04A"></option></datalist><a href="/c/">去</a>
<script>var x = "没有"</script></body></html>"""


def page(text=PAGE, status=200) -> Page:
    answer = httpx.Response(status, text=text, request=httpx.Request("GET", "http://x/here/"))
    return Page(Browser("http://x"), answer)


def test_a_form_is_sent_as_a_browser_would():
    form = page().form("who", "paper")
    assert form.fields == {
        "csrf": "x", "who": "甲", "kept": "on", "grade": "4", "words": "\n多行 & 文字", "kind": "02", "first": "a",
    }  # fmt: skip
    assert ("action", "next") in form.buttons
    assert page().form("action", to="/b/").method == "get"
    assert (page().options("stock"), page().links) == (["04A"], ["/c/"])


@pytest.mark.parametrize(
    "act",
    [
        lambda one: one.says("没有"),
        lambda one: page(status=422).says("填写 备案"),
        lambda one: one.form("missing"),
        lambda one: one.send({"missing": "1"}),
        lambda one: one.press("action", "gone"),
    ],
)
def test_what_is_not_there_stops_the_walk(act):
    with pytest.raises(NotAsExpected):
        act(page())


def test_without_a_stack_it_says_what_to_do(tmp_path):
    first = ports.free_row(33000, 4)
    done = subprocess.run(
        [sys.executable, "-m", "sealreg.local.walk"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"PORT": str(first), "SEALREG_LOCAL_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "make run" in done.stderr
