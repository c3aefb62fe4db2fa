"""Forms of the police over opening a shop (公安许可办理表单). An act carries the version of the page it was seen on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.choices import (
    CancelGround,
    EndGround,
    Mode,
    NotAcceptedGround,
    Regime,
    RevokeGround,
    SuspendGround,
)
from licensing.requests import ItemAsked
from licensing.services.materials import MaterialItem
from sealreg.accounts.models import User
from sealreg.attachments.kinds import choices as paper_kinds
from sealreg.errors import DomainError
from sealreg.legal.documents import DOCUMENTS
from sealreg.web.cleaning import LineField, TextField
from sealreg.web.forms import DateInput
from sealreg.web.once import OnceForm


class ActForm(OnceForm):
    """An act that asks for nothing more (办理)."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)

    @property
    def seen(self) -> int | None:
        """Version of the page the decision was made on (页面版本)."""
        found: int | None = self.cleaned_data.get("version")
        return found


class OpinionForm(ActForm):
    """The officer's opinion for the chief (审查意见)."""

    opinion = TextField(
        label=_("审查意见"), help_text=_("供负责人决定时参考：材料、场所、人员是否符合条件。"), max_length=500, rows=4
    )


class ReasonForm(ActForm):
    """A reason (理由)."""

    reason = TextField(label=_("理由"), help_text=_("写明事实和依据，企业可以看到。"), max_length=500, rows=4)


class GrantForm(ActForm):
    """The decision to grant (准予许可)."""

    reason = TextField(label=_("决定意见"), max_length=500, rows=4)


class DeclineForm(ReasonForm):
    """Not taken in, on a listed ground (不予受理)."""

    ground = forms.ChoiceField(
        label=_("不予受理情形"),
        help_text=_("材料不齐的不能以此不予受理，请返回要求补正。"),
        choices=NotAcceptedGround.choices,
        widget=forms.RadioSelect,
    )
    field_order = ("ground", "reason")


class RefuseForm(ReasonForm):
    """Refused, with reason and remedy (不予许可)."""

    remedy = TextField(
        label=_("救济途径"),
        help_text=_("告知向哪个机关、在多长时间内申请行政复议或者提起行政诉讼。"),
        max_length=500,
        rows=3,
    )


class SuspendForm(ReasonForm):
    """Suspended on a listed ground (暂停许可证)."""

    ground = forms.ChoiceField(label=_("暂停情形"), choices=SuspendGround.choices, widget=forms.RadioSelect)
    field_order = ("ground", "reason")


class CancelForm(ReasonForm):
    """Cancelled on a listed ground (注销许可证)."""

    ground = forms.ChoiceField(
        label=_("注销情形"),
        help_text=_("吊销营业执照只由登记机关决定；登记机关已吊销的，系统核对登记信息后才能注销许可证。"),
        choices=CancelGround.choices,
        widget=forms.RadioSelect,
    )
    field_order = ("ground", "reason")


class RevokeForm(ReasonForm):
    """A proposal to revoke, on a listed ground (提出撤销意见)."""

    ground = forms.ChoiceField(label=_("撤销情形"), choices=RevokeGround.choices, widget=forms.RadioSelect)
    field_order = ("ground", "reason")


class DecisionForm(ActForm):
    """The second person's decision (决定意见)."""

    decision = TextField(label=_("决定意见"), max_length=500, rows=4)


class RemarkForm(ActForm):
    """A remark one may leave out (办理意见)."""

    remark = TextField(label=_("办理意见"), max_length=500, rows=3, required=False)


class EndFilingForm(ReasonForm):
    """A filing ended by the county (终止备案)."""

    ground = forms.ChoiceField(
        label=_("终止情形"),
        choices=[
            one for one in EndGround.choices if one[0] in (EndGround.SHOP_ENDED, EndGround.BUSINESS_LICENCE_REVOKED)
        ],
        widget=forms.RadioSelect,
    )
    field_order = ("ground", "reason")


class MessageForm(OnceForm):
    """A message of the thread (留言)."""

    text = TextField(label=_("留言"), help_text=_("企业可以看到。"), max_length=500, rows=3)


class AssignForm(OnceForm):
    """Who handles it (指定经办人). seen: who did on the page."""

    officer = forms.ChoiceField(label=_("经办人"))
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=12)

    def __init__(self, *args: Any, officers: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["officer"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("请选择")), *((one.number, one.name) for one in officers)]


class CorrectionForm(ActForm):
    """What is to be put right, all at once (要求补正): a sentence beside each item; an empty one is in order."""

    reason = TextField(
        label=_("总体说明"), help_text=_("可以不填。"), max_length=500, rows=3, required=False
    )  # fmt: skip

    def __init__(self, *args: Any, subjects: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subjects = [subject for subject, _name in subjects]
        for subject, name in subjects:
            self.fields[f"ask-{subject}"] = LineField(label=name, max_length=300, required=False)
        self.order_fields([*(f"ask-{subject}" for subject in self.subjects), "reason"])

    def items(self) -> list[ItemAsked]:
        """The items asked for (补正事项)."""
        said = ((subject, self.cleaned_data.get(f"ask-{subject}", "")) for subject in self.subjects)
        return [ItemAsked(subject, remark) for subject, remark in said if remark]

    def add_domain_error(self, error: DomainError) -> None:
        """The domain counts items; the page names them (业务错误回填)."""
        asked = [item.subject for item in self.items()] or self.subjects[:1]
        places = {f"items-{index}-{part}": f"ask-{subject}"
                  for index, subject in enumerate(asked) for part in ("remark", "subject")}  # fmt: skip
        error.fields = {places.get(name, name): message for name, message in error.fields.items()}
        super().add_domain_error(error)


class MaterialForm(OnceForm):
    """An item for the province's list (增加材料项目)."""

    regime = forms.ChoiceField(label=_("办理依据"), choices=Regime.choices, widget=forms.RadioSelect)
    code = LineField(label=_("项目代码"), help_text=_("字母、数字和下划线，例如 floor_plan。"), max_length=30)
    label = LineField(label=_("材料名称"), max_length=80)
    label_en = LineField(label=_("英文名称"), max_length=120, required=False)
    paper_kind = forms.ChoiceField(label=_("材料种类"), choices=paper_kinds)
    modes = forms.MultipleChoiceField(
        label=_("适用申请方式"), choices=Mode.choices, widget=forms.CheckboxSelectMultiple
    )
    required = forms.BooleanField(label=_("必交"), required=False, initial=True)
    shared = forms.BooleanField(label=_("登记信息已核实时免交"), required=False)
    basis = forms.ChoiceField(label=_("依据文件"))
    clause = LineField(label=_("条款"), max_length=40, required=False)
    applies_from = forms.DateField(label=_("起始日期"), help_text=_("自这一天提交的申请起适用。"), widget=DateInput)
    note = LineField(label=_("说明"), max_length=200, required=False)
    note_en = LineField(label=_("英文说明"), max_length=240, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["basis"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("请选择")), *((one.key, one.title) for one in DOCUMENTS.values())]

    def item(self) -> MaterialItem:
        """The item as the domain takes it (材料项目)."""
        data = self.cleaned_data
        names = ("code", "regime", "label", "paper_kind", "basis", "required", "shared", "label_en", "note", "note_en",
                 "clause")  # fmt: skip
        return MaterialItem(modes=tuple(data["modes"]), **{name: data[name] for name in names})


class EndMaterialForm(OnceForm):
    """The day from which an item is asked for no more (停用材料项目)."""

    applies_until = forms.DateField(label=_("停用日期"), help_text=_("自这一天起不再要求。"), widget=DateInput)

    @property
    def day(self) -> dt.date:
        """That day (停用日期)."""
        found: dt.date = self.cleaned_data["applies_until"]
        return found
