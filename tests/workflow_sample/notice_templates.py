"""What the sample's moves say (样例通知)."""

from sealreg.notices.templates import NoticeTemplate, register
from tests.workflow_sample.states import CASE

for _verb in CASE.verbs:
    register(
        NoticeTemplate(f"workflow_sample.{_verb}", "事项 %(number)s 有进展", "现为%(status)s。", ("inbox", "email"))
    )
