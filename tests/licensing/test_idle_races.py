"""A filing and a decision at the same moment, committed for real (备案与收回并发): one of them, never both."""

from filing.models import SealFiling
from filing.services.drafts import start_draft
from filing.services.submission import submit_filing
from licensing.models import IdleCase, RegistryNotice
from licensing.services.idle import sweep_idle
from licensing.services.recall import decide_recall
from sealreg.errors import DomainError
from tests.factories import filing as made
from tests.licensing.idle_making import DAY, OVER, Cast
from tests.licensing.test_races import at_once

AT, SHOPS = OVER + 4 * DAY, 8


def test_filing_and_recall_at_once(own_database):
    casts = [Cast() for _ in range(SHOPS)]
    work = []
    for cast in casts:
        case = cast.bring("PROPOSED")
        request = made.request_for(cast.shop)
        draft = start_draft(cast.shop, by=cast.clerk, at=AT, form={})
        work.append((cast, case, draft, request))

    def act(index):
        done = []
        # Each side begins with another half, so that either may come first.
        for cast, case, draft, request in work if index else [*work[SHOPS // 2 :], *work[: SHOPS // 2]]:
            try:
                if index:
                    decide_recall(case, reason="情况属实", by=cast.chief, at=AT)
                else:
                    submit_filing(draft, request, by=cast.clerk, at=AT)
                done.append(cast.shop.pk)
            except DomainError:
                continue
        return done

    won = [pk for answer in at_once(2, act) for pk in answer]
    assert sorted(won) == sorted(cast.shop.pk for cast in casts), "each shop: one of the two, never both"
    for cast in casts:
        case, filed = IdleCase.objects.get(shop=cast.shop), SealFiling.objects.get(shop=cast.shop).status == "SUBMITTED"
        assert (case.status, cast.shop.licences.get().status) == (
            ("CLOSED", "VALID") if filed else ("DECIDED_RECALL", "RECOVERED")
        )
        assert RegistryNotice.objects.filter(shop=cast.shop).exists() is not filed


def test_two_looks_at_once_open_one_case_each(own_database):
    for _ in range(6):
        Cast()
    found = at_once(4, lambda _index: sweep_idle(at=OVER))
    assert IdleCase.objects.count() == 6
    assert set(IdleCase.objects.values_list("status", flat=True)) == {"IDLE"}
    assert sum(one.warned for one in found) == 6
    assert [one.failed for one in found] == [[]] * 4
