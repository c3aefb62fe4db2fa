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
    # People, roles and places
    SIGN_IN_FAILED = "sign_in_failed", _("用户名或密码不正确。")
    WRONG_PASSWORD = "wrong_password", _("密码不正确。")
    WRONG_CODE = "wrong_code", _("动态口令或恢复码不正确。")
    NO_SECOND_FACTOR = "no_second_factor", _("尚未启用动态口令。")
    OWN_ACCOUNT = "own_account", _("不能为自己办理此事项。")
    HAS_ROLE = "has_role", _("该用户已有角色，一人同时只能有一个角色。")
    REQUEST_OPEN = "request_open", _("该用户已有一份待复核的角色申请。")
    REQUEST_DECIDED = "request_decided", _("这份申请已经复核。")
    SECOND_PERSON_NEEDED = "second_person_needed", _("须由另一位管理员复核。")
    AREA_NOT_COUNTY = "area_not_county", _("请选择到县（市、区）；东莞、中山选择到市。")
    AUTHORITY_MISSING = "authority_missing", _("该行政区划的公安机关尚未登记。")
    OWN_NODE = "own_node", _("该市使用本市系统办理，省平台只读。")
    PREMISES_UNKNOWN = "premises_unknown", _("没有这个专属管辖场所。")
    PREMISES_ELSEWHERE = "premises_elsewhere", _("所选场所不在填写的行政区划内。")
    REGION_NOT_FOUND = "region_not_found", _("没有这个行政区划代码。")
    REGION_NOT_A_CITY = "region_not_a_city", _("该行政区划不是地级市。")
    REGION_HAS_NO_CITY = "region_has_no_city", _("该行政区划不属于任何地级市。")
    # Units
    UNIT_WRONG = "unit_wrong", _("单位资料有误，请按提示更正。")
    NOT_A_COMPANY_USER = "not_a_company_user", _("该用户不是使用单位经办人。")
    PURPOSE_MISSING = "purpose_missing", _("请说明查看原因。")
    PERSONAL_NOT_YOURS = "personal_not_yours", _("个人信息只供管辖地公安机关履职时查看。")
    NOTHING_CHANGED = "nothing_changed", _("没有改动任何内容。")
    # Calendar
    OFFICE_HOURS_WRONG = "office_hours_wrong", _("办公时段有误。")
    CALENDAR_FILE_UNREADABLE = "calendar_file_unreadable", _("放假安排文件无法识别。")
    CALENDAR_FILE_WRONG = "calendar_file_wrong", _("放假安排文件中有未更正的问题。")
    CALENDAR_REASON_MISSING = "calendar_reason_missing", _("请填写变更原因。")
    # Files
    UPLOAD_KIND_UNKNOWN = "upload_kind_unknown", _("没有这种材料。")
    UPLOAD_TOO_MANY_WAITING = "upload_too_many_waiting", _("已上传但尚未提交的材料过多。")
    UPLOAD_TOO_MANY_UNFINISHED = "upload_too_many_unfinished", _("未传完的文件过多。")
    UPLOAD_BUSY = "upload_busy", _("正在处理的文件较多，请稍后再试。")
    UPLOAD_DIGEST_FORM = "upload_digest_form", _("文件校验值格式不正确。")
    UPLOAD_SIZE_FORM = "upload_size_form", _("文件大小应为整数（字节）。")
    UPLOAD_ANNOUNCEMENT = "upload_announcement", _("上传声明不完整。")
    UPLOAD_GAP = "upload_gap", _("上传的分片不连续。")
    UPLOAD_RANGE = "upload_range", _("分片的位置与长度不符。")
    UPLOAD_PIECE_LENGTH = "upload_piece_length", _("分片长度不正确。")
    UPLOAD_CHANGED = "upload_changed", _("文件内容与之前上传的部分不一致。")
    UPLOAD_INCOMPLETE = "upload_incomplete", _("文件尚未传完。")
    UPLOAD_INTERRUPTED = "upload_interrupted", _("上传中断。")
    ATTACHMENT_ALREADY_ATTACHED = "attachment_already_attached", _("该材料已归入其他事项。")
    SCANNER_UNAVAILABLE = "scanner_unavailable", _("文件安全检查暂时无法进行。")
    FILE_UNREADABLE = "file_unreadable", _("该文件暂时无法读取。")
    STORAGE_UNAVAILABLE = "storage_unavailable", _("文件暂时无法保存。")
    # Messages to other systems
    REASON_MISSING = "reason_missing", _("请写明理由。")
    REASON_TOO_LONG = "reason_too_long", _("理由过长。")
    # Filings
    SHOP_NOT_LICENSED = "shop_not_licensed", _("刻章企业目前没有有效的许可。")
    UNIT_NOT_IN_BUSINESS = "unit_not_in_business", _("该单位已注销或吊销，不能刻制公章。")
    OWN_NODE_CITY = "own_node_city", _("该单位所在地市使用本市系统办理。")
    OUTSIDE_CITY_SCOPE = "outside_city_scope", _("目前只能为本市范围内的单位刻章。")
    AUTHORISATION_MISSING = "authorisation_missing", _("经办人不是法定代表人，应提交授权委托书。")
    NOT_THE_REPRESENTATIVE = "not_the_representative", _("经办人与登记的法定代表人不一致。")
    NO_SEAL = "no_seal", _("一次备案至少包含一枚印章。")
    LOSS_NOT_AUTHORISED = "loss_not_authorised", _("公章挂失应由法定代表人本人或受委托人办理。")
    LOSS_DAY_IMPOSSIBLE = "loss_day_impossible", _("遗失日期有误。")
    LOSS_NOT_REPORTED = "loss_not_reported", _("原印章尚未挂失。")
    STATUTORY_SEAL_FIRST = "statutory_seal_first", _("应先有法定名称章。")
    SEAL_TOO_LARGE = "seal_too_large", _("印章尺寸不得超过45毫米。")
    INVOICE_SEAL_FORM = "invoice_seal_form", _("发票专用章应为椭圆形，40×30毫米。")
    CODES_USED_UP = "codes_used_up", _("该行政区划的印章编码已用完。")
    ANOTHER_FILING_FIRST = "another_filing_first", _("该单位有相同印章的备案正在办理。")
    DRAFT_TOO_LONG = "draft_too_long", _("填写内容过长。")
    ENGRAVED_ON_IMPOSSIBLE = "engraved_on_impossible", _("刻制日期应在提交备案当日至今日之间。")
    ENGRAVING_MISSING = "engraving_missing", _("还有印章未刻制或未上传印模。")
    CHIP_MISSING = "chip_missing", _("2018年10月1日起刻制的公章应装入专用芯片。")
    DISAVOWED = "disavowed", _("该单位已声明非本人办理，印章暂停交付。")
    GRADE_UNKNOWN = "grade_unknown", _("请选择一至五级评价。")
    REMARK_MISSING = "remark_missing", _("请写明需要更正的内容。")
    ANSWER_MISSING = "answer_missing", _("请写明更正情况。")
    # Chips
    CHIP_OF_ANOTHER_SHOP = "chip_of_another_shop", _("该芯片不在贵企业库存中。")
    CHIP_NOT_IN_STOCK = "chip_not_in_stock", _("该芯片已使用或已停用。")
    KEY_CHECK_WRONG = "key_check_wrong", _("芯片密钥校验值不符，不予登记。")
    CHALLENGE_USED = "challenge_used", _("该质询已应答。")
    CHALLENGE_TOO_LATE = "challenge_too_late", _("已超过应答时间。")
    CHALLENGE_OF_ANOTHER_CHIP = "challenge_of_another_chip", _("该质询是向另一枚芯片发出的。")
    # Answers of a seal check and of a chip check: why a seal may not be relied on
    NO_MATCH = "no_match", _("未查到与所报编码和单位相符的有效备案。")
    NOT_COLLECTED = "not_collected", _("印章尚未交付给单位，还不能使用。")
    SUSPENDED = "suspended", _("印章已停用，恢复前不能使用。")
    LOST = "lost", _("印章已挂失，不得再使用。")
    SURRENDERED = "surrendered", _("印章已缴销，不得再使用。")
    INVALIDATED = "invalidated", _("印章备案已作废。")
    WITHDRAWN = "withdrawn", _("该备案在刻制前已撤回，印章未制作。")
    UNIT_CANCELLED = "unit_cancelled", _("使用单位已注销。")
    KEYSTORE_LOCKED = "keystore_locked", _("密钥库暂未解锁，目前不能作出结论，请稍后再试。")
    NODE_NOT_CONNECTED = "node_not_connected", _("该印章由所在市系统登记，此处目前不能作出结论。")
    # … and what to know although the seal may be relied on
    UNDER_CORRECTION = "under_correction", _("备案信息正在更正，不影响印章效力。")
    NO_CHIP_REQUIRED = "no_chip_required", _("2018年10月1日前刻制，无需芯片，不得据此要求换章。")
    CHIP_NOT_ON_RECORD = "chip_not_on_record", _("历史备案未载明芯片，不得据此要求换章。")
    CHIP_NOT_ACTIVE = "chip_not_active", _("印章芯片目前未处于启用状态。")
    UNIT_REVOKED = "unit_revoked", _("使用单位的营业执照已被吊销。")
    ON_WATCH = "on_watch", _("芯片曾有异常应答，已列入重点关注，请结合其他情况判断。")
    COUNTER_JUMP = "counter_jump", _("芯片计数跳跃较大，请结合其他情况判断。")
    # Answers of a chip check alone
    CHIP_UNKNOWN_OR_WRONG = "chip_unknown_or_wrong", _("芯片未登记，或应答不正确。")
    COUNTER_REGRESS = "counter_regress", _("芯片计数未增加，应答可能被重复使用，或芯片被复制。")
    CARD_STATE = "card_state", _("卡内状态与登记不一致。")
    CHIP_WITHOUT_SEAL = "chip_without_seal", _("该芯片尚未装入任何已备案印章。")
    WRONG_HOLDER = "wrong_holder", _("芯片所属单位与预期单位不符。")
    # Asking
    PURPOSE_UNKNOWN = "purpose_unknown", _("没有这种用途。请使用接口说明所列的用途代码。")
    PURPOSE_NOT_YOURS = "purpose_not_yours", _("贵机构不能以此用途核验。")
    UNIT_MISSING = "unit_missing", _("请提供单位的统一社会信用代码或全称，至少一项。")
    SEAL_CODE_FORM = "seal_code_form", _("印章编码应为以44开头的13位数字。")
    BATCH_EMPTY = "batch_empty", _("请至少提供一项。")
    BATCH_TOO_LARGE = "batch_too_large", _("一次最多10000项。")
    ITEM_MALFORMED = "item_malformed", _("每一项应为对象。")
