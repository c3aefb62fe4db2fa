"""What every page knows of the site (页面公共信息): name, whose it is, text size, languages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from sealreg.clock import now
from sealreg.web.display import TEXT_SIZES, text_size_of

# What HTML and screen readers call each language, and its own name in itself.
LANGUAGES = {"zh-hans": ("zh-Hans", "中文"), "en": ("en", "English")}


def site(request: HttpRequest) -> dict[str, Any]:
    """Context of the chrome (页眉页脚): `site`. Touches no database, so error pages may use it too."""
    code = get_language() or settings.LANGUAGE_CODE
    return {
        "site": {
            "authority": settings.AUTHORITY_NAME,
            "is_demonstration": not settings.AUTHORITY_NAME,
            "language": code,
            "html_lang": LANGUAGES.get(code, (code, code))[0],
            "languages": [(key, tag, name, key == code) for key, (tag, name) in LANGUAGES.items()],
            "text_size": text_size_of(request),
            "text_sizes": TEXT_SIZES,
            "here": request.get_full_path() if request.method in ("GET", "HEAD") else request.path,
            "now": now().isoformat(timespec="seconds"),
            "request_id": getattr(request, "request_id", ""),
        }
    }
