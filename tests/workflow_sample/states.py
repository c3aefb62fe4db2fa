"""States of the sample (样例状态)."""

from sealreg.workflow.table import Move, StateTable, Status

CASE = StateTable(
    record="workflow_sample.SampleCase",
    field="status",
    initial=("OPEN",),
    statuses=(
        Status("OPEN", "待受理", owner="county", citizen_text="已提交，等待受理。", limit="sample_half_day"),
        Status("TAKEN", "办理中", owner="county", citizen_text="正在办理。", limit="sample_seven_days"),
        Status("ASKED", "待补正", owner="applicant", citizen_text="请补正材料。"),
        Status("GRANTED", "已办结", owner="nobody", citizen_text="已办结。", terminal=True),
        Status("REFUSED", "不予办理", owner="nobody", citizen_text="不予办理，可以申请复议。", terminal=True),
    ),
    moves=(
        Move("take_case", ("OPEN",), "TAKEN", tells=("applicant",), label="受理"),
        Move("ask_applicant", ("TAKEN",), "ASKED", tells=("applicant",), label="通知补正"),
        Move("answer_case", ("ASKED",), "TAKEN", tells=("officer",), label="补正"),
        Move("grant_case", ("TAKEN",), "GRANTED", tells=("applicant", "officer"), label="办结"),
        Move("refuse_case", ("OPEN", "TAKEN"), "REFUSED", tells=("applicant",), label="不予办理"),
    ),
)
