"""Every code an answer may carry (应答代码): the one list that programs of others may rely on. Codes are only added.

The rooms below and above raise errors by these values; tests/architecture compares what is raised with this list.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Code(models.TextChoices):
    """应答代码: value for programs, label for people; a specific answer may say more in its own message."""

    # The call itself
    JSON_MALFORMED = "json_malformed", _("请求内容不是有效的 JSON，或含有不允许的字符。")
    JSON_TOO_DEEP = "json_too_deep", _("请求内容嵌套过深。")
    BODY_TOO_LARGE = "body_too_large", _("请求内容过大。")
    REQUEST_MALFORMED = "request_malformed", _("请求格式有误。")
    INVALID_INPUT = "invalid_input", _("部分内容有误，请按提示更正。")
    NOT_FOUND = "not_found", _("未找到。请核对地址或编号。")
    METHOD_NOT_ALLOWED = "method_not_allowed", _("此地址不支持该请求方法。")
    NOT_ACCEPTABLE = "not_acceptable", _("本接口只提供 JSON 应答。")
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", _("请以 application/json 提交。")
    TOO_MANY_REQUESTS = "too_many_requests", _("调用过于频繁，请按 Retry-After 的秒数稍后再试。")
    INTERNAL_ERROR = "internal_error", _("系统出现故障，我们已记录。请稍后再试，并在联系我们时提供请求编号。")
    # Who calls
    NOT_AUTHENTICATED = "not_authenticated", _("请使用登记的密钥签名后调用。")
    AUTHORIZATION_MALFORMED = "authorization_malformed", _("Authorization 请求头格式有误。")
    ALGORITHM_UNAVAILABLE = "algorithm_unavailable", _("此处暂不支持该签名算法，请改用 SEALREG1-ES256。")
    TIMESTAMP_OUTSIDE_WINDOW = "timestamp_outside_window", _("时间戳与本系统时间相差超过 300 秒，请校准时钟。")
    KEY_UNKNOWN = "key_unknown", _("密钥未登记或已停用。")
    SIGNATURE_WRONG = "signature_wrong", _("签名不正确。")
    NONCE_USED = "nonce_used", _("随机串已使用过。每次调用须使用新的随机串。")
    PERMISSION_DENIED = "permission_denied", _("该调用方没有此项调用权限。")
    # Kinds of refusal
    DOMAIN_ERROR = "domain_error", _("操作未能完成，请核对后重试。")
    RULE_BROKEN = "rule_broken", _("所填内容不符合规定，请按提示更正。")
    ILLEGAL_MOVE = "illegal_move", _("当前状态下不能办理此操作。")
    CONFLICT = "conflict", _("该记录刚刚已被更新，请查看最新内容后再办理。")
    OUTSIDE_JURISDICTION = "outside_jurisdiction", _("没有办理此事项的权限，或该事项不在管辖范围内。")
    TOO_MANY_ATTEMPTS = "too_many_attempts", _("操作过于频繁，请稍后再试。")
    SERVICE_UNAVAILABLE = "service_unavailable", _("服务暂时不可用，请稍后再试。")
    # Keys, repeated calls, pages
    PUBLIC_KEY_UNUSABLE = "public_key_unusable", _("公钥无法识别。请提供 PEM 格式的 P-256 或 SM2 公钥。")
    KEY_IN_USE = "key_in_use", _("该公钥已经登记过。请使用新生成的密钥。")
    TWO_LIVE_KEYS = "two_live_keys", _("已有两个有效密钥。请先停用其中一个，再登记新的密钥。")
    KEY_REVOKED_BEFORE = "key_revoked_before", _("该密钥已经停用。")
    SANDBOX_CLIENT = "sandbox_client", _("沙箱调用方使用沙箱密钥，不登记公钥。")
    NOT_A_SANDBOX_CLIENT = "not_a_sandbox_client", _("正式调用方使用签名密钥，不发放沙箱密钥。")
    IDEMPOTENCY_KEY_MALFORMED = "idempotency_key_malformed", _("Idempotency-Key 应为 1 至 128 个可见 ASCII 字符。")
    IDEMPOTENCY_KEY_REUSED = (
        "idempotency_key_reused",
        _("该 Idempotency-Key 已用于另一请求。请为新的请求使用新的值。"),
    )
    IDEMPOTENCY_IN_PROGRESS = (
        "idempotency_in_progress",
        _("同一请求正在办理中，请稍后用同一 Idempotency-Key 查询结果。"),
    )
    CURSOR_MALFORMED = "cursor_malformed", _("翻页位置无效，请从第一页重新开始。")
    LIMIT_OUT_OF_RANGE = "limit_out_of_range", _("每页条数应为 1 至 200。")
