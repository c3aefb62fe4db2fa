"""What each business needs (办事指南): who, papers, time limit, cost, steps and the law it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Link:
    """Where to go on (相关页面). name: URL name."""

    label: Text
    name: str


@dataclass(frozen=True, slots=True)
class Business:
    """One business (事项).

    basis: keys of DOCUMENTS; rules: codes of RULES that its submission is held against, shown with their clause.
    """

    key: str
    title: Text
    summary: Text
    who: Text
    where: Text
    papers: tuple[Text, ...]
    limit: Text
    result: Text
    steps: tuple[Text, ...]
    basis: tuple[str, ...]
    rules: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    note: Text = ""


_PROGRESS = Link(_("办理进度"), "progress")
_CHECK = Link(_("公章查验"), "check_seal")
_SHOPS = Link(_("刻章企业名录"), "shops")

BUSINESSES = (
    Business(
        key="filing",
        title=_("公章刻制备案"),
        summary=_("新设单位刻章、增刻专用章。刻章企业网上备案，无需任何部门审批。"),
        who=_("需要刻制公章的企业、个体工商户、机关、事业单位、社会团体和其他组织。"),
        where=_("任选一家名录中的刻章企业；省内各企业均可承接，任何人不得指定。"),
        papers=(
            _("营业执照或登记证书、设立批准文件。登记数据已共享的，不再要求提交。"),
            _("法定代表人（负责人）身份证件信息。"),
            _("经办人有效身份证件；经办人不是法定代表人的，另提交授权委托书。"),
        ),
        limit=_("新设立企业从申请到备案完成不超过0.5个工作日；刻章企业提交后立即取得编码和回执。"),
        result=_("公章、印章编码和备案回执。2018年10月1日起刻制的公章装有专用芯片。"),
        steps=(
            _("选择刻章企业，提供单位和经办人资料，确认各项价格。"),
            _("刻章企业网上提交备案，当即取得印章编码和回执。"),
            _("刻章企业刻制、上传印模、装入芯片，完成备案。"),
            _("经办人携带有效证件领取，留存印鉴；也可以约定寄送。"),
        ),
        basis=("gd-2018-146", "sc-2017-7", "sc-1999-25", "sc-startup"),
        rules=(
            "shop_not_licensed", "unit_not_in_business", "authorisation_missing", "statutory_seal_exists",
            "statutory_seal_first", "seal_too_large", "invoice_seal_form",
        ),
        links=(_SHOPS, _PROGRESS),
    ),
    Business(
        key="loss",
        title=_("挂失补刻"),
        summary=_("公章遗失或被盗：先挂失，旧章即刻停用，再补刻新章。"),
        who=_("公章遗失、被盗、被抢的单位。"),
        where=_("任选一家名录中的刻章企业；被盗、被抢的，请同时向公安机关报案。"),
        papers=(
            _("营业执照或登记证书。登记数据已共享的，不再要求提交。"),
            _("法定代表人（负责人）身份证件信息，经办人有效身份证件和授权委托书。"),
            _("遗失说明；被盗、被抢的，提供报案回执。"),
        ),
        limit=_("挂失即时生效；补刻从提交到备案按公章刻制备案办理。"),
        result=_("旧章标记为已挂失，芯片锁定；新章使用新的编码和芯片。"),
        steps=(
            _("刻章企业核对身份后登记挂失，旧章即刻不能通过查验。"),
            _("以“遗失补刻”为刻制原因提交备案，当即取得新编码。"),
            _("刻制、装入芯片、完成备案后领取新章。"),
        ),
        basis=("gd-2018-146", "sc-1999-25"),
        rules=("authorisation_missing", "statutory_seal_exists"),
        links=(_SHOPS, _PROGRESS, _CHECK),
        note=_("找回的旧章不得再使用，请交刻章企业缴销。"),
    ),
    Business(
        key="replacement",
        title=_("换刻和变更"),
        summary=_("公章损坏、单位名称变更：领取新章时交回旧章。"),
        who=_("公章损坏、磨损，或名称等登记事项已变更的单位。2018年10月1日前刻制的公章继续有效，不强制更换。"),
        where=_("任选一家名录中的刻章企业。"),
        papers=(
            _("营业执照或登记证书；名称变更的，提供核准变更文件。登记数据已共享的，不再要求提交。"),
            _("法定代表人（负责人）身份证件信息，经办人有效身份证件和授权委托书。"),
            _("旧章，在领取新章时交回。"),
        ),
        limit=_("从提交到备案按公章刻制备案办理。"),
        result=_("新章启用，旧章同时缴销，两枚章不会同时有效。"),
        steps=(
            _("选择刻制原因“更换”，刻章企业网上提交备案，当即取得新编码。"),
            _("刻制、装入芯片、完成备案。"),
            _("交回旧章，领取新章。"),
        ),
        basis=("gd-2018-146", "sc-1999-25"),
        rules=("statutory_seal_exists",),
        links=(_SHOPS, _PROGRESS),
    ),
    Business(
        key="licence",
        title=_("印章刻制企业开办许可"),
        summary=_("县级公安机关许可，从申请到领取不超过7个工作日，长期有效。"),
        who=_("已取得营业执照、拟经营公章刻制业务的企业和个体工商户。"),
        where=_("登录后网上申请，由经营地县级公安机关办理；东莞、中山由市公安机关，机场由机场公安机关办理。"),
        papers=(
            _("材料目录由省级统一公布，各地不得增加；申请页逐项列明，登记数据自动带出。"),
            _("可以选择普通程序或者告知承诺。"),
        ),
        limit=_("从申请到领取许可证不超过7个工作日；补正期间不计。"),
        result=_("《特种行业许可证》长期有效，不用年审，也不用换证。"),
        steps=(
            _("网上填写申请并提交，随时可以查看办到哪一步、由谁办理。"),
            _("县级公安机关受理、审查，作出准予或不予许可的决定并说明理由。"),
            _("领取许可证：电子证照、邮寄或窗口任选。"),
            _("需要停业、复业的，网上申请，由县级公安机关决定；登记的停业期间不计入闲置时间。"),
            _("超过6个月不经营刻章业务的，县级公安机关依法收回许可证并告知登记机关；之前会两次提醒。"),
        ),
        basis=("gd-2018-146", "mps-2018-202", "mps-2017-529"),
        links=(Link(_("网上办理"), "shop_licence"), _SHOPS),
    ),
    Business(
        key="verification",
        title=_("进度查询和公章核验"),
        summary=_("任何人可以查进度、查公章是否有效备案；银行等单位可以核验芯片。"),
        who=_("申请刻章的单位，以及需要确认公章是否备案的任何人。"),
        where=_("本网站，无需登录；银行、税务等单位登录或通过接口核验。"),
        papers=(
            _("进度查询：备案编号和单位统一社会信用代码后6位。"),
            _("公章查验：印章编码和单位名称或统一社会信用代码。"),
        ),
        limit=_("即时回答。"),
        result=_("查到有效备案或者未查到；2018年10月1日前刻制的公章无需芯片，不得据此要求换章。"),
        steps=(_("输入两项内容查询。"), _("对结果有疑问的，联系承办的刻章企业或者县级公安机关。")),
        basis=("gd-2018-146",),
        links=(_PROGRESS, _CHECK),
    ),
)  # fmt: skip

BY_KEY = {business.key: business for business in BUSINESSES}
