"""Forms for making and handing over seals (制作与交付表单)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chips.models import ChipPrice, DiscardReason
from chips.selectors import bindable_of
from filing.shop_forms import DocumentFields
from licensing.models import EngravingShop
from sealreg.attachments.forms import UploadField
from sealreg.units.identifiers import DocumentKind
from sealreg.web.cleaning import CodeField, CodeInput, LineField, TextField
from sealreg.web.forms import DateInput
from sealreg.web.once import OnceForm

CHIPS_OFFERED = 50


class ImprintForm(OnceForm):
    """The seal is engraved (登记刻制)."""

    imprint = UploadField(
        "IMPRINT", label=_("印模图像"), help_text=_("用600 dpi原大扫描，图中只有这一枚印章的印文。PNG或JPEG。")
    )
    engraved_on = forms.DateField(
        label=_("刻制日期"), widget=DateInput, error_messages={"invalid": _("日期不正确，请按“年-月-日”填写。")}
    )


class ChipForm(OnceForm):
    """The chip that goes into a seal (捆绑芯片)."""

    chip_uid = CodeField(
        label=_("芯片编号"),
        length=14,
        alphabet="0123456789ABCDEF",
        help_text=_("扫描或输入芯片包装上的14位编号，也可从本企业库存中选择。"),
    )
    chip_fen = forms.DecimalField(
        label=_("芯片金额（元）"), required=False, min_value=0, max_digits=8, decimal_places=2,
        error_messages={"invalid": _("请填写金额，例如15.00。")},
    )  # fmt: skip

    def __init__(self, *args: Any, shop: EngravingShop, price: ChipPrice | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["chip_uid"].widget.attrs |= {"list": "stock", "autofocus": ""}
        if price is None:
            del self.fields["chip_fen"]
        else:
            yuan = f"{price.unit_price_fen // 100}.{price.unit_price_fen % 100:02d}"
            ceiling = _("向单位收取的芯片费用，部定价每枚%(yuan)s元，不得高于此价。")
            self.fields["chip_fen"].help_text = ceiling % {"yuan": yuan}
            self.fields["chip_fen"].initial = yuan
        self.stock = list(bindable_of(shop).values_list("uid", flat=True)[:CHIPS_OFFERED])

    def clean_chip_fen(self) -> int | None:
        """Yuan as typed, integer fen from here on (元转分)."""
        found = self.cleaned_data["chip_fen"]
        return None if found is None else int(found * 100)


class ReplaceForm(OnceForm):
    """Why the chip is taken out (更换芯片). reasons: those that fit how its writing stands."""

    def __init__(self, *args: Any, reasons: Sequence[DiscardReason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.value, one.label) for one in reasons]
        self.fields["reason"] = forms.ChoiceField(
            label=_("更换原因"), widget=forms.RadioSelect, choices=choices, initial=reasons[0].value,
            error_messages={"invalid_choice": _("所选原因与写卡情况不符，请重新选择。")},
        )  # fmt: skip


class DeliveryForm(DocumentFields, OnceForm):
    """Who takes the seal (交付印章)."""

    name_field, kind_field, number_field = "taker_name", "taker_document", "taker_id"

    taker_name = LineField(label=_("领取人姓名"), max_length=40)
    taker_document = forms.ChoiceField(label=_("领取人证件种类"), choices=DocumentKind.choices)
    taker_id = LineField(label=_("领取人证件号码"), max_length=40, widget=CodeInput)
    imprint_card = UploadField("IMPRINT_CARD", help_text=_("领取人签字、加盖印文的留存卡。照片、扫描件或PDF均可。"))


class LossForm(DocumentFields, OnceForm):
    """The unit has lost a seal (挂失印章)."""

    name_field, kind_field, number_field = "reporter_name", "reporter_document", "reporter_id"

    lost_on = forms.DateField(
        label=_("遗失日期"), widget=DateInput, error_messages={"invalid": _("日期不正确，请按“年-月-日”填写。")}
    )
    reporter_name = LineField(label=_("挂失人姓名"), max_length=40)
    reporter_is_representative = forms.BooleanField(label=_("挂失人就是单位的法定代表人（负责人）"), required=False)
    reporter_document = forms.ChoiceField(label=_("挂失人证件种类"), choices=DocumentKind.choices)
    reporter_id = LineField(label=_("挂失人证件号码"), max_length=40, widget=CodeInput)
    authorisation = UploadField(
        "AUTHORISATION", required=False, help_text=_("挂失人不是法定代表人时必须上传。照片、扫描件或PDF均可。")
    )
    statement = UploadField(
        "LOSS_REPORT", help_text=_("单位出具的遗失说明、报案回执或登报声明。照片、扫描件或PDF均可。")
    )
    sure = forms.BooleanField(label=_("已告知单位：挂失后该印章和芯片立即失效，找回也不能恢复使用。"))


class DestroyForm(OnceForm):
    """How the seal is destroyed (登记销毁)."""

    how = LineField(label=_("销毁方式和原因"), max_length=200, help_text=_("例如：缴销后切割销毁。"))
    sure = forms.BooleanField(label=_("印章实物在店，编码已核对。"))


class AgainForm(OnceForm):
    """The card is in the reader once more (重新写卡)."""


class CompleteForm(OnceForm):
    """The filing is complete (完成备案)."""


class WithdrawForm(OnceForm):
    """Why a filing is taken back (撤回备案)."""

    reason = TextField(label=_("撤回原因"), max_length=300, rows=3)


class AnswerForm(OnceForm):
    """What the shop put right (答复退回)."""

    answer = TextField(label=_("更正情况"), max_length=500, rows=5)
