"""The diagrams are the tables (状态图)."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sealreg.workflow import registry
from sealreg.workflow.drawing import draw_record
from tests.workflow_sample.states import CASE


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """The command, with the sample counted as a record of the product."""

    class Product:
        table = CASE
        model = type("Model", (), {"__module__": "sealreg.anything"})

    monkeypatch.setattr(registry, "entries", lambda: (Product,))

    def run(*arguments):
        out = StringIO()
        call_command("draw_states", *arguments, folder=tmp_path / "states", stdout=out)
        return out.getvalue().strip()

    return run, tmp_path / "states" / "workflow_sample.SampleCase.md"


def test_a_page_shows_every_status_and_every_move():
    page = draw_record(CASE.record, [CASE])
    assert "stateDiagram-v2\n    OPEN : 待受理\n" in page
    assert "    [*] --> OPEN\n" in page
    assert "    OPEN --> REFUSED : refuse_case 不予办理\n    TAKEN --> REFUSED : refuse_case 不予办理\n" in page
    assert "    GRANTED --> [*]\n" in page
    assert "| OPEN | 待受理 | county | sample_half_day | 已提交，等待受理。 |\n" in page
    assert "| GRANTED | 已办结 | — | — | 已办结。 |\n" in page
    assert "| grant_case 办结 | TAKEN | GRANTED | applicant、officer |\n" in page


def test_pages_are_written_compared_and_cleared_away(drawn):
    run, page = drawn
    with pytest.raises(CommandError, match="SampleCase"):
        run("--check")
    assert not page.exists()
    assert run() == "1 records, 1 pages differed"
    assert run("--check") == "1 records, 0 pages differed"
    page.write_text(page.read_text(encoding="utf-8").replace("待受理", "审批中"), encoding="utf-8")
    with pytest.raises(CommandError):
        run("--check")
    left = page.with_name("gone.Record.md")
    left.write_text("x", encoding="utf-8")
    run()
    assert not left.exists()
    assert run("--check") == "1 records, 0 pages differed"


def test_the_pages_of_this_tree_are_up_to_date():
    call_command("draw_states", "--check", stdout=StringIO())


def test_the_suites_own_record_is_not_drawn(tmp_path):
    assert "workflow_sample.SampleCase" in {one.table.record for one in registry.entries()}
    call_command("draw_states", folder=tmp_path, stdout=StringIO())
    assert not list(tmp_path.glob("*SampleCase*"))
