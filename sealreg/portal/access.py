"""Who may open which route (访问规则): one map, enforced by one middleware; a route without a row is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sealreg.accounts.roles import Permission, Role

Place = Literal["anywhere", "police"]


@dataclass(frozen=True, slots=True)
class Public:
    """Everyone, signed in or not (公开)."""

    zone: Place = "anywhere"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whoever is signed in (登录即可). `while_due`: also while the password must be changed first."""

    zone: Place = "anywhere"
    while_due: bool = False


@dataclass(frozen=True, slots=True, init=False)
class Has:
    """Whose role holds one of the permissions (须有权限)."""

    permissions: frozenset[Permission]
    zone: Place

    def __init__(self, *permissions: Permission, zone: Place = "anywhere") -> None:
        object.__setattr__(self, "permissions", frozenset(permissions))
        object.__setattr__(self, "zone", zone)


@dataclass(frozen=True, slots=True)
class Demo:
    """Everyone, where settings.DEMO is on; elsewhere the route does not exist (仅演示环境)."""

    zone: Place = "anywhere"


@dataclass(frozen=True, slots=True)
class Machine:
    """Programs, which prove themselves to the view by signature or key (程序接口)."""

    zone: Place = "anywhere"


Rule = Public | SignedIn | Has | Demo | Machine

# URL name -> rule. A name that ends in a colon stands for a whole namespace.
ACCESS: dict[str, Rule] = {
    # every page
    "home": Public(),
    "set_language": Public(),
    "set_text_size": Public(),
    "healthz": Public(),
    "readyz": Public(),
    # signing in
    "sign_in": Public(),
    "second_factor": Public(),
    "enrol_second_factor": Public(),
    "sign_out": SignedIn(while_due=True),
    "continue_form": SignedIn(),
    "confirm_identity": SignedIn(while_due=True),
    # one's own account
    "security": SignedIn(),
    "change_password": SignedIn(while_due=True),
    "replace_second_factor": SignedIn(),
    "recovery_codes": SignedIn(while_due=True),
    "sign_out_everywhere": SignedIn(while_due=True),
    "inbox": SignedIn(),
    "notice": SignedIn(),
    "read_all_notices": SignedIn(),
    # what everybody may ask
    "progress": Public(),
    "disavow": Public(),
    "rate": Public(),
    "check_seal": Public(),
    "shops": Public(),
    "shops_poster": Public(),
    "shops_poster_paper": Public(),
    "api_public_shops": Public(),
    "licence_public": Public(),
    "licence_paper": Has(Permission.ENTER_SHOP, Permission.ENTER_POLICE),
    "guide": Public(),
    "guide_business": Public(),
    "guide_law": Public(),
    # papers: each view asks the room of the record who may read
    "attachment_download": SignedIn(),
    "attachment_preview": SignedIn(),
    "upload_create": SignedIn(),
    "upload_chunk": SignedIn(),
    "upload_complete": SignedIn(),
    # workbenches
    "shop_home": Has(Permission.ENTER_SHOP),
    "agency_home": Has(Permission.CHECK_SEALS),
    "police_home": Has(Permission.ENTER_POLICE, zone="police"),
    "operator_home": Has(Permission.ENTER_OPERATOR, zone="police"),
    # the shop's filings
    "shop_new": Has(Permission.SUBMIT_FILINGS),
    "shop_draft": Has(Permission.SUBMIT_FILINGS),
    "shop_check": Has(Permission.SUBMIT_FILINGS),
    "shop_discard": Has(Permission.SUBMIT_FILINGS),
    "shop_receipt": Has(Permission.SUBMIT_FILINGS),
    "shop_filing": Has(Permission.SUBMIT_FILINGS),
    "shop_complete": Has(Permission.SUBMIT_FILINGS),
    "shop_withdraw": Has(Permission.SUBMIT_FILINGS),
    "shop_answer": Has(Permission.SUBMIT_FILINGS),
    "shop_imprint": Has(Permission.SUBMIT_FILINGS),
    "shop_chip": Has(Permission.SUBMIT_FILINGS),
    "shop_replace": Has(Permission.SUBMIT_FILINGS),
    "shop_delivery": Has(Permission.SUBMIT_FILINGS),
    "shop_loss": Has(Permission.SUBMIT_FILINGS),
    "shop_destroy": Has(Permission.KEEP_CHIPS),
    "shop_write_again": Has(Permission.SUBMIT_FILINGS),
    "shop_refused": Has(Permission.SUBMIT_FILINGS),
    "shop_refused_list": Has(Permission.SUBMIT_FILINGS),
    # the shop's own people
    "shop_people": Has(Permission.RUN_SHOP),
    "shop_person_new": Has(Permission.RUN_SHOP),
    "shop_person": Has(Permission.RUN_SHOP),
    "shop_person_end": Has(Permission.RUN_SHOP),
    "shop_person_back": Has(Permission.RUN_SHOP),
    "shop_person_reset": Has(Permission.RUN_SHOP),
    # the shop's own register
    "shop_register": Has(Permission.ENTER_SHOP),
    "shop_idle": Has(Permission.ENTER_SHOP),
    "shop_idle_answer": Has(Permission.RUN_SHOP),
    "shop_changes": Has(Permission.ENTER_SHOP),
    "shop_profile": Has(Permission.RUN_SHOP),
    "shop_prices": Has(Permission.RUN_SHOP),
    "shop_staff_new": Has(Permission.RUN_SHOP),
    "shop_staff": Has(Permission.RUN_SHOP),
    "shop_staff_leave": Has(Permission.RUN_SHOP),
    "shop_equipment_new": Has(Permission.RUN_SHOP),
    "shop_equipment_remove": Has(Permission.RUN_SHOP),
    # the shop opens: application or filing, licence, changes
    "shop_licence": Has(Permission.ENTER_SHOP),
    "shop_opening_matters": Has(Permission.ENTER_SHOP),
    "shop_licence_changes": Has(Permission.ENTER_SHOP),
    "shop_licence_change": Has(Permission.ENTER_SHOP),
    "shop_revocation": Has(Permission.ENTER_SHOP),
    "shop_suspensions": Has(Permission.ENTER_SHOP),
    "shop_suspension": Has(Permission.ENTER_SHOP),
    "shop_filing_changes": Has(Permission.ENTER_SHOP),
    "shop_application": Has(Permission.ENTER_SHOP),
    "shop_application_receipt": Has(Permission.ENTER_SHOP),
    "shop_own_filing": Has(Permission.ENTER_SHOP),
    "shop_own_filing_receipt": Has(Permission.ENTER_SHOP),
    "shop_opening_start": Has(Permission.RUN_SHOP),
    "shop_licence_change_new": Has(Permission.RUN_SHOP),
    "shop_revocation_state": Has(Permission.RUN_SHOP),
    "shop_suspension_new": Has(Permission.RUN_SHOP),
    "shop_suspension_take_back": Has(Permission.RUN_SHOP),
    "shop_filing_change_new": Has(Permission.RUN_SHOP),
    "shop_licence_change_take_back": Has(Permission.RUN_SHOP),
    "shop_application_step": Has(Permission.RUN_SHOP),
    "shop_application_check": Has(Permission.RUN_SHOP),
    "shop_application_answer": Has(Permission.RUN_SHOP),
    "shop_application_message": Has(Permission.RUN_SHOP),
    "shop_application_convert": Has(Permission.RUN_SHOP),
    "shop_own_filing_step": Has(Permission.RUN_SHOP),
    "shop_own_filing_check": Has(Permission.RUN_SHOP),
    "shop_own_filing_answer": Has(Permission.RUN_SHOP),
    "shop_own_filing_message": Has(Permission.RUN_SHOP),
    "shop_own_filing_convert": Has(Permission.RUN_SHOP),
    "shop_application_withdraw": Has(Permission.RUN_SHOP),
    "shop_application_collect": Has(Permission.RUN_SHOP),
    "shop_own_filing_discard": Has(Permission.RUN_SHOP),
    "shop_own_filing_end": Has(Permission.RUN_SHOP),
    # shops under the eyes of the police
    "police_shops": Has(Permission.ENTER_POLICE, zone="police"),
    "police_shop": Has(Permission.ENTER_POLICE, zone="police"),
    "police_shop_reveal": Has(Permission.ENTER_POLICE, zone="police"),
    "police_idle": Has(Permission.ENTER_POLICE, zone="police"),
    "police_idle_case": Has(Permission.ENTER_POLICE, zone="police"),
    "police_idle_act": Has(Permission.HANDLE_LICENCES, Permission.DECIDE_LICENCES, zone="police"),
    "police_shop_changes": Has(Permission.ENTER_POLICE, zone="police"),
    # opening a shop and licences, under the hands of the county
    "police_licences": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licences_print": Has(Permission.ENTER_POLICE, zone="police"),
    "police_application": Has(Permission.ENTER_POLICE, zone="police"),
    "police_application_act": Has(Permission.ENTER_POLICE, zone="police"),
    "police_application_assign": Has(Permission.ENTER_POLICE, zone="police"),
    "police_application_message": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence_register": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence_act": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence_changes": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence_change": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence_change_act": Has(Permission.ENTER_POLICE, zone="police"),
    "police_revocations": Has(Permission.ENTER_POLICE, zone="police"),
    "police_revocation": Has(Permission.ENTER_POLICE, zone="police"),
    "police_revocation_act": Has(Permission.ENTER_POLICE, zone="police"),
    "police_suspensions": Has(Permission.ENTER_POLICE, zone="police"),
    "police_suspension": Has(Permission.ENTER_POLICE, zone="police"),
    "police_suspension_act": Has(Permission.ENTER_POLICE, zone="police"),
    "police_shop_filings": Has(Permission.ENTER_POLICE, zone="police"),
    "police_shop_filing": Has(Permission.ENTER_POLICE, zone="police"),
    "police_shop_filing_act": Has(Permission.ENTER_POLICE, zone="police"),
    "police_shop_filing_message": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence_breaches": Has(Permission.ENTER_POLICE, zone="police"),
    "police_licence_figures": Has(Permission.ENTER_POLICE, zone="police"),
    "police_materials": Has(Permission.ENTER_POLICE, zone="police"),
    "police_material_new": Has(Permission.ENTER_POLICE, zone="police"),
    "police_material_end": Has(Permission.ENTER_POLICE, zone="police"),
    # exchange of messages
    "operator_parked": Has(Permission.HANDLE_CHIPS, zone="police"),
    "operator_parked_message": Has(Permission.HANDLE_CHIPS, zone="police"),
    # keys and ceremonies
    "operator_keys": Has(Permission.KEEP_KEYS, zone="police"),
    "operator_key_import": Has(Permission.KEEP_KEYS, zone="police"),
    "operator_signing_key": Has(Permission.KEEP_KEYS, zone="police"),
    "operator_key_activate": Has(Permission.KEEP_KEYS, zone="police"),
    "operator_key_compromise": Has(Permission.KEEP_KEYS, zone="police"),
    "operator_key_destroy": Has(Permission.KEEP_KEYS, zone="police"),
    "operator_ceremony": Has(Permission.KEEP_KEYS, zone="police"),
    "operator_ceremony_minutes": Has(Permission.KEEP_KEYS, zone="police"),
    # chips on their way
    "operator_chips": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_batches": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_batch": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_batch_progress": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_lot_import": Has(Permission.INJECT_KEYS, zone="police"),
    "chip_batch_allocate": Has(Permission.INJECT_KEYS, zone="police"),
    "chip_consignments": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_consignment": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_consignment_print": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_endings": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_ending": Has(Permission.HANDLE_CHIPS, Permission.INJECT_KEYS, zone="police"),
    "chip_orders": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_order": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_packagings": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_stock": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_alarms": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_alarm": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_block_list": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_months": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_supply": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_trainings": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_training": Has(Permission.HANDLE_CHIPS, zone="police"),
    "chip_untrained": Has(Permission.HANDLE_CHIPS, zone="police"),
    "shop_trainings": Has(Permission.KEEP_CHIPS),
    "chip_watched": Has(Permission.ENTER_POLICE, Permission.HANDLE_CHIPS, zone="police"),
    "chip_totals": Has(Permission.READ_CHIP_TOTALS),
    "chip_anomalies": Has(Permission.REPORT_CHIP_ANOMALIES, Permission.ANSWER_CHIP_ANOMALIES),
    "chip_anomaly": Has(Permission.REPORT_CHIP_ANOMALIES, Permission.ANSWER_CHIP_ANOMALIES),
    "shop_chips": Has(Permission.KEEP_CHIPS),
    "shop_chip_package": Has(Permission.KEEP_CHIPS),
    "shop_chip_new_order": Has(Permission.KEEP_CHIPS),
    "shop_chip_order": Has(Permission.KEEP_CHIPS),
    "shop_chip_consignment": Has(Permission.KEEP_CHIPS),
    "shop_chip_return": Has(Permission.KEEP_CHIPS),
    "shop_chip_endings": Has(Permission.KEEP_CHIPS),
    "shop_chip_ending": Has(Permission.KEEP_CHIPS),
    # user administration
    "user_list": Has(Permission.MANAGE_USERS, Permission.CONFIRM_ROLES, Permission.UNLOCK_USERS, zone="police"),
    "user_new": Has(Permission.MANAGE_USERS, zone="police"),
    "user_detail": Has(Permission.MANAGE_USERS, Permission.CONFIRM_ROLES, Permission.UNLOCK_USERS, zone="police"),
    "user_ask_role": Has(Permission.MANAGE_USERS, zone="police"),
    "user_end_role": Has(Permission.MANAGE_USERS, zone="police"),
    "user_reset_password": Has(Permission.MANAGE_USERS, zone="police"),
    "user_lock": Has(Permission.UNLOCK_USERS, zone="police"),
    "user_unlock": Has(Permission.UNLOCK_USERS, zone="police"),
    "user_reset_second_factor": Has(Permission.UNLOCK_USERS, zone="police"),
    "role_requests": Has(Permission.MANAGE_USERS, Permission.CONFIRM_ROLES, zone="police"),
    "role_request": Has(Permission.CONFIRM_ROLES, zone="police"),
    # audit
    "audit_log": Has(Permission.SEARCH_AUDIT, zone="police"),
    "audit_export": Has(Permission.EXPORT_AUDIT, zone="police"),
    "read_log": Has(Permission.READ_READ_LOG, zone="police"),
    # the interface for programs
    "api_server_keys": Public(),
    "api_schema": Public(),
    "api_docs": Public(),
    "api_public_progress": Public(),
    "api_public_seal_check": Public(),
    "api_whoami": Machine(),
    "api_keys": Machine(),
    "api_key": Machine(),
    "api_seal_checks": Machine(),
    "api_seal_check": Machine(),
    "api_seal_check_batches": Machine(),
    "api_seal_check_batch": Machine(),
    "api_verifications": Machine(),
    "api_verification": Machine(),
    "api_verification_response": Machine(),
    "api_sandbox_seals": Public(),
    # the agencies' pages
    "agency_checks": Has(Permission.CHECK_SEALS),
    "agency_check": Has(Permission.CHECK_SEALS),
    "agency_interface": Has(Permission.CHECK_SEALS),
    # filings under the eyes of the police
    "police_filing": Has(Permission.READ_FILINGS, zone="police"),
    "police_return": Has(Permission.RETURN_FILINGS, zone="police"),
    "police_lift_disavowal": Has(Permission.RETURN_FILINGS, zone="police"),
    "police_close_return": Has(Permission.RETURN_FILINGS, zone="police"),
    # register of units
    "police_units": Has(Permission.READ_FILINGS, zone="police"),
    "police_unit": Has(Permission.READ_FILINGS, zone="police"),
    "police_unit_reveal": Has(Permission.READ_FILINGS, zone="police"),
    "police_unit_correct": Has(Permission.RETURN_FILINGS, zone="police"),
    # working-day calendar
    "calendar": Has(Permission.OPEN_ADMIN, zone="police"),
    "calendar_add": Has(Permission.OPEN_ADMIN, zone="police"),
    "calendar_remove": Has(Permission.OPEN_ADMIN, zone="police"),
    "calendar_import": Has(Permission.OPEN_ADMIN, zone="police"),
    "calendar_import_confirm": Has(Permission.OPEN_ADMIN, zone="police"),
    "calendar_hours": Has(Permission.OPEN_ADMIN, zone="police"),
    # system
    "admin:": Has(Permission.OPEN_ADMIN, zone="police"),
    "gallery": Demo(),
    "gallery_forms": Demo(),
    "gallery_workbench": Demo(),
    "gallery_done": Demo(),
    "gallery_progress": Demo(),
    "demo": Demo(),
    "demo_sign_in": Demo(),
    "demo_clock": Demo(),
    "demo_switches": Demo(),
    "demo_tour": Demo(),
    "demo_tour_start": Demo(),
    "demo_sample": Demo(),
}


def rule_for(view_name: str) -> Rule | None:
    """The rule of a URL name (取访问规则); None when the map has no row, which means refused."""
    if view_name in ACCESS:
        return ACCESS[view_name]
    namespace, colon, _name = view_name.partition(":")
    return ACCESS.get(namespace + colon) if colon else None


def allows(rule: Rule, role: type[Role] | None, *, signed_in: bool) -> bool:
    """Whether a rule lets this role through (是否放行). Zone and demonstration are decided before."""
    if isinstance(rule, Public | Demo | Machine):
        return True
    if isinstance(rule, SignedIn):
        return signed_in
    return signed_in and role is not None and not rule.permissions.isdisjoint(role.permissions)
