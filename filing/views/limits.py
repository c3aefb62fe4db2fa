"""How a filing's limit reads on its pages (办结时限的呈现), with what it was excused for."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from filing.models import SealFiling
from filing.stock_outs import excused_spans, paused_since
from sealreg.web.components import Deadline, deadline
from sealreg.web.templatetags.ui import moment


def limit_of(filing: SealFiling, *, at: dt.datetime) -> dict[str, Deadline | str | None]:
    """For a page's context (时限呈现): `deadline` while the clock runs, `excuse` in words where chips were lacking."""
    if filing.status not in ("SUBMITTED", "FILED") or filing.due_at is None:
        return {"deadline": None, "excuse": ""}
    since = paused_since(filing)
    if since is not None:
        said = _("刻章企业的芯片用完，订单等待发放。自%(since)s起暂停计时，芯片到货后时限顺延。")
        return {"deadline": None, "excuse": said % {"since": moment(since)}}
    spans = [
        _("%(start)s至%(end)s") % {"start": moment(start), "end": moment(end)}
        for start, end in excused_spans(filing, at=at)
    ]
    excuse = _("企业缺芯片的时间不计入时限，时限已顺延：%(spans)s。") % {"spans": _("、").join(spans)} if spans else ""
    return {"deadline": deadline(filing.due_at, at=at) if filing.status == "SUBMITTED" else None, "excuse": excuse}
