"""The sample's table at work (样例登记)."""

from sealreg.notices.recipients import Recipient
from sealreg.workdays.amounts import HALF_WORKING_DAY, LICENCE_SEVEN_DAYS
from sealreg.workflow import limits
from sealreg.workflow.registry import Telling, register
from tests.workflow_sample.states import CASE


def told(record, party, move):
    user = {"applicant": record.applicant, "officer": record.officer}[party]
    return Telling(
        to=[Recipient(user=user)] if user else [],
        params={"number": record.number, "status": str(CASE.status(record.status).label)},
        link=f"/sample/{record.number}/",
    )


limits.register("sample_half_day", HALF_WORKING_DAY)
limits.register("sample_seven_days", LICENCE_SEVEN_DAYS)
register(CASE, audience=told)
