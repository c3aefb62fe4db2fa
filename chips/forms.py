"""Forms of chips (芯片表单)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chips.keys.choices import KeyPurpose
from chips.keys.selectors import active_key
from chips.models import ChipAgreement, ChipPackaging, EndingKind, MakerLot, Suite
from chips.rules import agreements_in_force
from sealreg.accounts.choices import OrganisationKind
from sealreg.accounts.models import Organisation
from sealreg.attachments.forms import UploadField
from sealreg.clock import now, shanghai
from sealreg.regions.selectors import cities
from sealreg.web.cleaning import CodeField, CodeInput, LineField, TextField
from sealreg.web.forms import DateInput, FilterForm
from sealreg.web.once import OnceForm

LARGEST_FILE = 1_000_000
_DAY = {"invalid": _("日期不正确，请按“年-月-日”填写。")}
_NUMBER = {"invalid": _("请填写整数。"), "min_value": _("数量太小。"), "max_value": _("数量太大。")}


def _quantity(label: Any, *, most: int = 20_000) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, error_messages=dict(_NUMBER))


def _serial(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=2**62, help_text=help_text, error_messages=dict(_NUMBER),
        widget=CodeInput({"inputmode": "numeric"}),
    )  # fmt: skip


class ListField(forms.FileField):
    """A list of identifiers in a text file (清单文件): decoded, at most a megabyte."""

    def clean(self, data: Any, initial: Any = None) -> str:
        found = super().clean(data, initial)
        if not found:
            return ""
        if found.size > LARGEST_FILE:
            raise ValidationError(_("文件超过1 MB，请分批导入。"), code="too_large")
        try:
            text: str = found.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError(_("文件不是UTF-8文本，请另存后再传。"), code="not_text") from None
        return text.replace("\x00", "\ufffd")


class PlainForm(OnceForm):
    """A button alone (仅按钮)."""


class OrderForm(OnceForm):
    """A shop's order (订购芯片)."""

    quantity = _quantity(_("订购数量（枚）"), most=5_000)
    wanted_on = forms.DateField(label=_("期望到货日期"), widget=DateInput, required=False, error_messages=dict(_DAY))
    address = LineField(label=_("收货地址"), max_length=160, required=False, help_text=_("不填即为营业地址。"))
    remark = LineField(label=_("备注"), max_length=300, required=False)
    unit_price_fen = forms.IntegerField(widget=forms.HiddenInput)


class GrantForm(OnceForm):
    """A range for an order (发放号段)."""

    first_serial = _serial(_("起始序号"))
    last_serial = _serial(_("终止序号"))
    bag_seal = LineField(label=_("封签号"), max_length=40)
    receiver_name = LineField(label=_("收货人"), max_length=40, required=False)
    way = LineField(label=_("交付方式"), max_length=60, required=False)


class SupplyForm(OnceForm):
    """A range for a city's depot (调拨地市)."""

    depot = forms.ModelChoiceField(queryset=Organisation.objects.none(), label=_("地市仓库"), empty_label=_("请选择"))
    first_serial = _serial(_("起始序号"))
    last_serial = _serial(_("终止序号"))
    bag_seal = LineField(label=_("封签号"), max_length=40)
    way = LineField(label=_("交付方式"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["depot"].queryset = Organisation.objects.filter(  # type: ignore[attr-defined]
            kind=OrganisationKind.OPERATOR, is_active=True, area__gte=440_100
        ).order_by("area")


class ScanForm(OnceForm):
    """One code from a hand scanner (扫码)."""

    code = LineField(
        label=_("扫码"), max_length=64, help_text=_("光标停在此处，逐枚扫描；扫描枪自带回车即提交。"),
        widget=CodeInput({"autofocus": "", "enterkeyhint": "send"}),
    )  # fmt: skip


class BulkScanForm(OnceForm):
    """Many codes at once (成批扫码)."""

    codes = TextField(label=_("粘贴多枚编号"), max_length=9_000, rows=4, required=False, help_text=_("每行一枚。"))
    file = ListField(label=_("或上传扫描枪导出的文件"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not data.get("codes") and not data.get("file"):
            self.add_error("codes", _("请粘贴编号或上传文件。"))
        return data


class ConfirmForm(OnceForm):
    """The second person's confirmation (复核收货)."""

    accept_short = forms.BooleanField(label=_("确有短少，按实际数量收货"), required=False)


class ShopConfirmForm(ConfirmForm):
    """The same in a shop, which may have one account only (企业复核)."""

    witness = LineField(
        label=_("复核人姓名"), max_length=40, required=False, help_text=_("由另一位登录人员复核时不用填。")
    )


class PackageForm(OnceForm):
    """A chip and the seal's body it goes into (封装)."""

    chip_uid = CodeField(label=_("芯片编号"), length=14, alphabet="0123456789ABCDEF")
    # Before the body's number: the scanner's Enter after that sends the form.
    photo = UploadField("BODY_PHOTO", required=False, help_text=_("拍下装好芯片的坯体。要附照片的，先选照片再扫坯体。"))
    body_serial = LineField(
        label=_("印章坯体序号"), max_length=40, required=False, widget=CodeInput,
        help_text=_("坯体上没有序号的，不必在此登记，捆绑芯片时自动封装。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = (
            self.data.get(self.add_prefix("chip_uid"))
            if self.is_bound
            else self.get_initial_for_field(self.fields["chip_uid"], "chip_uid")
        )
        self._scan_into("body_serial" if known else "chip_uid")

    def add_error(self, field: str | None, error: Any) -> None:
        """A refused code is scanned again (重新扫码): its field takes the next scan."""
        super().add_error(field, error)
        refused = [name for name in ("chip_uid", "body_serial") if name in self.errors]
        if refused:
            self._scan_into(refused[0])

    def _scan_into(self, wanted: str) -> None:
        for name in ("chip_uid", "body_serial"):
            self.fields[name].widget.attrs.pop("autofocus", None)
        self.fields[wanted].widget.attrs["autofocus"] = ""


class PackagingsFilter(FilterForm):
    """Which packagings (封装记录筛选)."""

    code = LineField(label=_("芯片编号或坯体序号"), max_length=40)
    photo = forms.ChoiceField(label=_("照片"), choices=[("", _("全部")), ("yes", _("有照片")), ("no", _("没有照片"))])

    def narrow(self, found: QuerySet[ChipPackaging]) -> QuerySet[ChipPackaging]:
        """Those that were asked for (筛选)."""
        code, photo = self.cleaned_data["code"], self.cleaned_data["photo"]
        if code:
            found = found.filter(Q(chip__uid=code.upper()) | Q(body_serial=code))
        return found.filter(photo__isnull=photo == "no") if photo else found

    @property
    def query(self) -> str:
        """The same filter in an address (筛选参数)."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})


class ReasonForm(OnceForm):
    """Why (原因)."""

    reason = LineField(label=_("原因"), max_length=300)


class ReturnForm(OnceForm):
    """Chips a shop sends back (退回芯片)."""

    codes = TextField(label=_("芯片编号"), max_length=9_000, rows=5, help_text=_("逐枚扫码，每行一枚。"))
    bag_seal = LineField(label=_("封签号"), max_length=40)
    reason = LineField(label=_("退回原因"), max_length=300)


class EndingForm(OnceForm):
    """Chips that leave, or come back (登记芯片退出)."""

    kind = forms.ChoiceField(label=_("登记事项"), choices=())
    codes = TextField(label=_("芯片编号"), max_length=9_000, rows=5, help_text=_("逐枚扫码，每行一枚。"))
    reason = LineField(label=_("原因"), max_length=300)

    def __init__(self, *args: Any, kinds: tuple[EndingKind, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("请选择")), *((one.value, one.label) for one in kinds)]  # type: ignore[attr-defined]


class SettleForm(OnceForm):
    """What was done about an alarm (处理告警)."""

    settlement = TextField(label=_("处理情况"), max_length=300, rows=3)


class LotForm(OnceForm):
    """A maker's manifest (导入制造清单)."""

    maker = LineField(label=_("制造商"), max_length=80)
    lot_no = LineField(label=_("制造批号"), max_length=40)
    suite = forms.ChoiceField(label=_("算法套件"), choices=Suite.choices)
    manifest = ListField(
        label=_("制造清单"), help_text=_("UTF-8文本或CSV，每行第一列为14位芯片编号，一份最多20000枚。")
    )


class AllocateForm(OnceForm):
    """Chips to be filled together (分配批次)."""

    lot = forms.ModelChoiceField(queryset=MakerLot.objects.order_by("-id"), label=_("制造批"))
    number = CodeField(label=_("批次号"), length=None, max_length=20, alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    quantity = _quantity(_("数量（枚）"))
    key_version = forms.IntegerField(label=_("密钥版本"), min_value=1, max_value=255, error_messages=dict(_NUMBER))
    agreement = forms.ModelChoiceField(queryset=ChipAgreement.objects.none(), label=_("依据的协议"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [one.pk for one in agreements_in_force(shanghai(now()).date())]
        self.fields["agreement"].queryset = ChipAgreement.objects.filter(pk__in=keys)  # type: ignore[attr-defined]
        in_use = active_key(KeyPurpose.VERIFY)
        self.fields["key_version"].initial = in_use.key_version if in_use else None


class ShipForm(OnceForm):
    """A packed batch leaves (发运)."""

    bag_seal = LineField(label=_("封签号"), max_length=40)
    way = LineField(label=_("运输方式"), max_length=60, required=False)


class PriceForm(OnceForm):
    """A price of the Ministry (登记部定价)."""

    yuan = forms.DecimalField(
        label=_("单价（元）"),
        min_value=0,
        max_value=10_000,
        decimal_places=2,
        error_messages={"invalid": _("请填写金额。")},
    )
    from_on = forms.DateField(label=_("执行日期"), widget=DateInput, error_messages=dict(_DAY))
    document = LineField(label=_("定价文件"), max_length=200)


class AgreementForm(OnceForm):
    """An agreement (登记协议)."""

    number = LineField(label=_("协议编号"), max_length=40)
    party_name = LineField(label=_("签约单位"), max_length=120)
    subject = LineField(label=_("协议事项"), max_length=200)
    signed_on = forms.DateField(label=_("签订日期"), widget=DateInput, error_messages=dict(_DAY))


class EndAgreementForm(OnceForm):
    """The last day of an agreement (登记协议终止)."""

    agreement = forms.ModelChoiceField(
        queryset=ChipAgreement.objects.filter(ended_on__isnull=True).order_by("number"), label=_("协议"),
        empty_label=_("请选择"), error_messages={"invalid_choice": _("该协议的终止日期已登记。")},
    )  # fmt: skip
    ended_on = forms.DateField(label=_("终止日期"), widget=DateInput, error_messages=dict(_DAY))


class PilotForm(OnceForm):
    """A pilot city (登记试点)."""

    city = forms.TypedChoiceField(label=_("地市"), coerce=int, choices=())
    from_on = forms.DateField(label=_("试点开始日期"), widget=DateInput, error_messages=dict(_DAY))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["city"].choices = [("", _("请选择")), *((one.code // 100, one.name) for one in cities())]  # type: ignore[attr-defined]


class TrainingForm(OnceForm):
    """A training and whom it is for (登记培训)."""

    topic = LineField(label=_("培训主题"), max_length=120)
    city = forms.TypedChoiceField(label=_("地市"), coerce=int, choices=())
    place = LineField(label=_("培训地点"), max_length=120)
    on = forms.DateField(label=_("培训日期"), widget=DateInput, error_messages=dict(_DAY))
    who = forms.ChoiceField(
        label=_("邀请范围"), widget=forms.RadioSelect, initial="untrained",
        choices=[("untrained", _("该市尚未参加过培训的企业")), ("all", _("该市全部企业"))],
    )  # fmt: skip

    def __init__(self, *args: Any, city: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.code // 100, one.name) for one in cities() if city in (None, one.code // 100)]
        self.fields["city"].choices = choices if city else [("", _("请选择")), *choices]  # type: ignore[attr-defined]


class AttendanceForm(OnceForm):
    """How many came from each invited shop (登记出席)."""

    def __init__(self, *args: Any, shops: Sequence[tuple[int, str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shops = {f"shop_{place}": key for place, (key, _name, _people) in enumerate(shops)}
        for place, (_key, name, people) in enumerate(shops):
            self.fields[f"shop_{place}"] = forms.IntegerField(
                label=name, min_value=0, max_value=99, required=False, initial=people or None,
                error_messages=dict(_NUMBER),
            )  # fmt: skip

    @property
    def attendance(self) -> dict[int, int]:
        """Shop key -> how many people came (到场人数)."""
        return {key: self.cleaned_data.get(name) or 0 for name, key in self._shops.items()}


class AnomalyForm(OnceForm):
    """What the association noticed (反映异常)."""

    city = forms.TypedChoiceField(label=_("地市"), coerce=int, choices=())
    text = TextField(label=_("异常情况"), max_length=300, rows=4, help_text=_("请勿填写个人信息。"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("请选择")), *((one.code // 100, one.name) for one in cities())]
        self.fields["city"].choices = choices  # type: ignore[attr-defined]


class AnswerForm(OnceForm):
    """What the police found out (核实异常)."""

    settlement = TextField(label=_("核实情况"), max_length=300, rows=3, help_text=_("协会可以看到，请勿填写个人信息。"))


class MonthForm(OnceForm):
    """A stock-take of a month (提出月结)."""

    month = forms.DateField(
        label=_("月份"), widget=DateInput, error_messages=dict(_DAY), help_text=_("填写该月任意一天。")
    )
    counted = forms.IntegerField(label=_("盘点数量"), min_value=0, max_value=2**31 - 1, error_messages=dict(_NUMBER))
    explanation = LineField(label=_("差异说明"), max_length=500, required=False)
