"""Roles (角色): each a described class saying what its holder does and may not do."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import ClassVar, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sealreg.accounts.choices import AuthorityLevel, OrganisationKind

Zone = Literal["internet", "police"]


class Permission(enum.StrEnum):
    """What a role may do (权限). Where it may be done is jurisdiction, a separate question."""

    ENTER_SHOP = "enter_shop"  # 刻制企业工作台
    ENTER_POLICE = "enter_police"  # 公安工作台
    ENTER_AGENCY = "enter_agency"  # 协作单位工作台
    ENTER_OPERATOR = "enter_operator"  # 运维工作台
    SUBMIT_FILINGS = "submit_filings"  # 提交公章刻制备案
    APPLY_FOR_SEALS = "apply_for_seals"  # 使用单位申请刻章
    READ_FILINGS = "read_filings"  # 查看辖区备案
    RETURN_FILINGS = "return_filings"  # 退回更正
    HANDLE_LICENCES = "handle_licences"  # 经办特种行业许可
    DECIDE_LICENCES = "decide_licences"  # 决定特种行业许可
    KEEP_MATERIAL_LIST = "keep_material_list"  # 维护全省申请材料清单
    RUN_SHOP = "run_shop"  # 申请许可、变更企业信息
    CHECK_SEALS = "check_seals"  # 核验公章
    HANDLE_CHIPS = "handle_chips"  # 芯片发放与系统运维
    KEEP_CHIPS = "keep_chips"  # 刻制企业订购、收货和保管芯片
    READ_CHIP_TOTALS = "read_chip_totals"  # 查看芯片汇总数
    REPORT_CHIP_ANOMALIES = "report_chip_anomalies"  # 反映芯片异常
    ANSWER_CHIP_ANOMALIES = "answer_chip_anomalies"  # 核实反映的芯片异常
    INJECT_KEYS = "inject_keys"  # 密钥灌装
    KEEP_KEYS = "keep_keys"  # 密钥仪式
    MANAGE_USERS = "manage_users"  # 用户登记、角色申请
    OPEN_ADMIN = "open_admin"  # 系统后台
    CONFIRM_ROLES = "confirm_roles"  # 角色授权复核
    UNLOCK_USERS = "unlock_users"  # 锁定、解锁、重置第二因素
    SEARCH_AUDIT = "search_audit"  # 查阅审计日志
    EXPORT_AUDIT = "export_audit"  # 导出审计日志
    READ_READ_LOG = "read_read_log"  # 查阅个人信息读取记录


class Role:
    """One kind of user (角色).

    key: stored in Membership.role. does: what the person does and may not do. kinds: organisations that can hold it;
    empty for a person who stands for no office here. level: which police authorities hold it. idle, absolute: session
    limits. needs_second_factor also means: granted only by two persons, and one session at a time.
    """

    key: ClassVar[str]
    label: ClassVar[Promise]
    does: ClassVar[Promise]
    kinds: ClassVar[frozenset[str]]
    level: ClassVar[AuthorityLevel | None] = None
    permissions: ClassVar[frozenset[Permission]] = frozenset()
    needs_second_factor: ClassVar[bool] = True
    reads_province: ClassVar[bool] = False
    zone: ClassVar[Zone] = "police"
    home: ClassVar[str] = "home"
    idle: ClassVar[timedelta] = timedelta(minutes=30)
    absolute: ClassVar[timedelta] = timedelta(hours=8)

    @classmethod
    def may(cls, permission: Permission) -> bool:
        """Whether the role holds the permission (是否有此权限)."""
        return permission in cls.permissions


class _Police(Role):
    kinds = frozenset({OrganisationKind.POLICE})
    home = "police_home"
    permissions = frozenset({Permission.ENTER_POLICE, Permission.READ_FILINGS, Permission.READ_CHIP_TOTALS})


class ProvinceOfficer(_Police):
    key = "province_officer"
    label = _("省厅治安民警")
    level = AuthorityLevel.PROVINCE
    permissions = _Police.permissions | {Permission.KEEP_MATERIAL_LIST}
    does = _("查看全省备案、督办和统计，维护全省申请材料清单；不退回个案，不作许可决定。")


class CityOfficer(_Police):
    key = "city_officer"
    label = _("地市治安民警")
    level = AuthorityLevel.CITY
    permissions = _Police.permissions | {Permission.ANSWER_CHIP_ANOMALIES}
    does = _("查看本市备案、督办县级公安机关，核实协会反映的芯片异常；不退回个案，不作许可决定。")


class CountyOfficer(_Police):
    key = "county_officer"
    label = _("县级治安民警")
    level = AuthorityLevel.COUNTY
    permissions = _Police.permissions | {Permission.RETURN_FILINGS, Permission.HANDLE_LICENCES}
    does = _("查看本辖区备案，可退回更正，经办许可和检查；不批准备案，不自行决定许可。")


class CountyChief(_Police):
    key = "county_chief"
    label = _("县级公安机关负责人")
    level = AuthorityLevel.COUNTY
    permissions = _Police.permissions | {Permission.DECIDE_LICENCES}
    does = _("对经办民警提出的许可意见作出决定；不经办自己决定的事项。")


class _ProvinceReader(Role):
    kinds = frozenset({OrganisationKind.PROVINCE_UNIT})
    reads_province = True
    home = "police_home"
    permissions = frozenset({Permission.ENTER_POLICE, Permission.READ_FILINGS, Permission.READ_CHIP_TOTALS})


class LegalReader(_ProvinceReader):
    key = "legal_reader"
    label = _("省厅法制部门人员")
    does = _("查阅全省案卷和处理结果；不查看证件影像，不办理业务。")


class ScienceReader(_ProvinceReader):
    key = "science_reader"
    label = _("省厅科信部门人员")
    does = _("查阅全省运行和对接情况；不查看个人信息，不办理业务。")


class EquipmentReader(_ProvinceReader):
    key = "equipment_reader"
    label = _("省厅警务保障部门人员")
    does = _("查阅全省芯片和设备使用情况；不查看个人信息，不办理业务。")


class ReformReader(_ProvinceReader):
    key = "reform_reader"
    label = _("省厅改革部门人员")
    does = _("查阅全省办理时限和改革成效；不查看个人信息，不办理业务。")


class _Administrator(Role):
    kinds = frozenset({OrganisationKind.PLATFORM})


class SystemAdministrator(_Administrator):
    key = "system_administrator"
    label = _("系统管理员")
    home = "user_list"
    permissions = frozenset({Permission.MANAGE_USERS, Permission.OPEN_ADMIN})
    does = _("登记用户、提出角色申请、维护系统；不复核授权，不查审计日志，不办理业务。")


class SecurityAdministrator(_Administrator):
    key = "security_administrator"
    label = _("安全管理员")
    home = "role_requests"
    permissions = frozenset({Permission.CONFIRM_ROLES, Permission.UNLOCK_USERS})
    does = _("复核角色授权，锁定和解锁账号，重置动态口令；不登记用户，不查审计日志。")


class AuditAdministrator(_Administrator):
    key = "audit_administrator"
    label = _("审计管理员")
    home = "audit_log"
    permissions = frozenset({Permission.SEARCH_AUDIT, Permission.EXPORT_AUDIT, Permission.READ_READ_LOG})
    does = _("查阅和导出审计日志、个人信息读取记录；不管理用户，不改任何记录。")


class Auditor(Role):
    key = "auditor"
    label = _("审计人员（只读）")
    kinds = frozenset({OrganisationKind.PLATFORM, OrganisationKind.PROVINCE_UNIT})
    home = "audit_log"
    permissions = AuditAdministrator.permissions
    does = _("检索、导出审计日志和读取记录，供监督检查使用；只读，不办理任何事项。")


class _Outside(Role):
    zone = "internet"
    needs_second_factor = False
    idle = timedelta(hours=1)
    absolute = timedelta(hours=12)


class ShopManager(_Outside):
    key = "shop_manager"
    label = _("刻制企业负责人")
    kinds = frozenset({OrganisationKind.SHOP})
    home = "shop_home"
    permissions = frozenset(
        {Permission.ENTER_SHOP, Permission.SUBMIT_FILINGS, Permission.RUN_SHOP, Permission.KEEP_CHIPS}
    )
    does = _("承接、提交本企业的公章刻制备案，申请许可，变更企业信息；看不到其他企业的客户和订单。")


class ShopClerk(_Outside):
    key = "shop_clerk"
    label = _("刻制企业经办员")
    kinds = frozenset({OrganisationKind.SHOP})
    home = "shop_home"
    permissions = frozenset({Permission.ENTER_SHOP, Permission.SUBMIT_FILINGS, Permission.KEEP_CHIPS})
    does = _("录入和提交本企业的公章刻制备案；不变更企业信息。")


class CompanyUser(_Outside):
    key = "company_user"
    label = _("使用单位经办人")
    kinds = frozenset()
    permissions = frozenset({Permission.APPLY_FOR_SEALS})
    does = _("为已授权的单位申请刻章、查询进度；只看本单位的事项。")


class _AgencyStaff(_Outside):
    home = "agency_home"
    permissions = frozenset({Permission.ENTER_AGENCY, Permission.CHECK_SEALS})


class BankTeller(_AgencyStaff):
    key = "bank_teller"
    label = _("银行核验人员")
    kinds = frozenset({OrganisationKind.BANK})
    does = _("凭印章编码和单位信息逐枚核验公章；不能检索单位，不能批量浏览。")


class TaxOfficer(_AgencyStaff):
    key = "tax_officer"
    label = _("税务核验人员")
    kinds = frozenset({OrganisationKind.TAX})
    does = _("办税时核验公章和发票专用章；不能检索单位，不能批量浏览。")


class AgencyUser(_AgencyStaff):
    key = "agency_user"
    label = _("协作部门核验人员")
    kinds = frozenset({OrganisationKind.AGENCY})
    does = _("履职中核验公章；不能检索单位，不能批量浏览。")


class AssociationStaff(_Outside):
    key = "association_staff"
    label = _("行业协会人员")
    kinds = frozenset({OrganisationKind.ASSOCIATION})
    permissions = frozenset({Permission.READ_CHIP_TOTALS, Permission.REPORT_CHIP_ANOMALIES})
    does = _("接收行业通知，查看芯片汇总数，反映芯片使用异常；不查看备案和企业订单。")


class OperatorStaff(Role):
    key = "operator_staff"
    label = _("省级运维人员")
    kinds = frozenset({OrganisationKind.OPERATOR})
    home = "operator_home"
    permissions = frozenset({Permission.ENTER_OPERATOR, Permission.HANDLE_CHIPS, Permission.READ_CHIP_TOTALS})
    does = _("办理芯片发放、数据交换和系统运维；不查看备案内容，不管理用户。")


class KeyCustodian(Role):
    key = "key_custodian"
    label = _("密钥保管员")
    kinds = frozenset({OrganisationKind.OPERATOR})
    home = "operator_keys"
    permissions = frozenset({Permission.ENTER_OPERATOR, Permission.KEEP_KEYS})
    does = _("两人共同导入、启用和销毁省级密钥；不能单独办理，不发放芯片，不查看备案内容。")


class InstituteStaff(Role):
    key = "institute_staff"
    label = _("密钥灌装人员")
    kinds = frozenset({OrganisationKind.INSTITUTE})
    home = "operator_home"
    permissions = frozenset({Permission.ENTER_OPERATOR, Permission.INJECT_KEYS})
    does = _("按订单灌装芯片密钥；不查看备案内容，不接触使用单位信息。")


ROLES: dict[str, type[Role]] = {
    role.key: role
    for role in (
        ProvinceOfficer,
        CityOfficer,
        CountyOfficer,
        CountyChief,
        LegalReader,
        ScienceReader,
        EquipmentReader,
        ReformReader,
        SystemAdministrator,
        SecurityAdministrator,
        AuditAdministrator,
        Auditor,
        ShopManager,
        ShopClerk,
        CompanyUser,
        BankTeller,
        TaxOfficer,
        AgencyUser,
        AssociationStaff,
        OperatorStaff,
        KeyCustodian,
        InstituteStaff,
    )
}


def roles_for(kind: str, *, level: str | None = None) -> list[type[Role]]:
    """The roles members of such an organisation can hold (机构可用角色). level: of a police authority, else None."""
    return [role for role in ROLES.values() if kind in role.kinds and (role.level is None or role.level == level)]
