"""What an uploader is told (不予接收的说明): one sentence for each code, what is wrong and what to do."""

from __future__ import annotations

from typing import cast

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sealreg.errors import RuleBroken

_AGAIN = _("请改用“打印为 PDF”重新生成文件，或拍照、扫描为图片后上传。")

SENTENCES: dict[str, Promise] = {
    "upload_empty": _("文件是空的（0 字节）。请确认选对了文件后重新上传。"),
    "upload_too_large": _("文件不能超过 {limit} MB。请降低分辨率（300 dpi 即可）或分开上传。"),
    "upload_type_refused": _("不接收此类文件：其内容实际是{actual}。可以上传的是：{allowed}。"),
    "upload_wrong_extension": _(
        "文件名以 .{extension} 结尾，但内容实际是{actual}。请改正扩展名，或选择正确的文件后重新上传。"
    ),
    "upload_unreadable": _("文件已损坏或不完整，无法打开。请重新拍照、扫描或导出后上传。"),
    "upload_too_complex": _("文件结构过于复杂，无法安全打开。请重新扫描或导出为普通图片或 PDF 后上传。"),
    "upload_too_many_pixels": _("图片尺寸过大（{width}×{height} 像素）。请用 300 dpi 重新扫描，或降低相机像素后上传。"),
    "upload_animated": _("不接收动态图片。请上传一张静态图片。"),
    "upload_malware": _("安全检查发现文件含有恶意内容，已拒绝接收。请检查您的电脑，并换用干净的文件。"),
    "upload_pdf_encrypted": format_lazy("{}{}", _("PDF 设有密码或权限限制，无法核对内容。"), _AGAIN),
    "upload_pdf_script": format_lazy("{}{}", _("PDF 内含脚本程序，不予接收。"), _AGAIN),
    "upload_pdf_launch": format_lazy("{}{}", _("PDF 内含启动其他程序的指令，不予接收。"), _AGAIN),
    "upload_pdf_embedded": format_lazy("{}{}", _("PDF 内夹带其他文件，不予接收。"), _AGAIN),
    "upload_pdf_form": format_lazy("{}{}", _("PDF 是动态表单（XFA），显示内容会变化，不予接收。"), _AGAIN),
    "upload_pdf_media": format_lazy("{}{}", _("PDF 内含音频、视频或三维内容，不予接收。"), _AGAIN),
    "upload_too_many_pages": _("PDF 共 {pages} 页，一份材料最多 {limit} 页。请分开上传。"),
    "upload_checksum": _("收到的文件与您电脑上的不一致，可能是传输中断所致。请重新上传。"),
}

FORM_NAMES: dict[str, Promise] = {
    "jpeg": _("JPEG 图片"),
    "png": _("PNG 图片"),
    "heic": _("HEIC 图片"),
    "pdf": _("PDF 文件"),
    "gif": _("GIF 图片"),
    "bmp": _("BMP 图片"),
    "tiff": _("TIFF 图片"),
    "webp": _("WebP 图片"),
    "avif": _("AVIF 图片"),
    "jpeg2000": _("JPEG 2000 图片"),
    "icon": _("图标文件"),
    "photoshop": _("Photoshop 文件"),
    "svg": _("SVG 矢量图"),
    "html": _("网页"),
    "xml": _("XML 文件"),
    "text": _("文本文件"),
    "office": _("办公文档（Word、Excel 等）"),
    "ofd": _("OFD 版式文件"),
    "archive": _("压缩包"),
    "program": _("可执行程序"),
    "media": _("音频或视频"),
    "unknown": _("无法识别的内容"),
}


def refusal(code: str, **facts: object) -> RuleBroken:
    """The error for one refused file (拒收错误). facts: the numbers and words its sentence names."""
    return RuleBroken(format_lazy(cast("str", SENTENCES[code]), **facts), code=code)
