"""A form sent after the session had ended (过期表单): kept, encrypted, until its owner has signed in again."""

from __future__ import annotations

import base64
import json

from django.http import HttpRequest
from django.urls import reverse

from sealreg.accounts.models import User
from sealreg.database.personal import UnreadablePersonalData, open_text, seal_text

_KEY = "kept_form"
_LONGEST = 200_000


def keep_form(request: HttpRequest) -> str:
    """Keep what was sent and say where to go after sign-in (保留表单). Files and secrets are not kept.

    Only for a session whose owner is known: another person must never be shown what the first one typed.
    """
    owner = getattr(request, "session_owner", "")
    if not owner:
        return "/"
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name and not name.startswith("secret_")
        for value in values
        if isinstance(value, str)
    ]
    text = json.dumps({"owner": owner, "path": request.path, "fields": fields, "files": bool(request.FILES)})
    if len(text) > _LONGEST:
        return request.path
    request.session[_KEY] = base64.b64encode(seal_text(text, column=_KEY)).decode()
    return reverse("continue_form")


def kept_form(request: HttpRequest, user: User) -> tuple[str, list[tuple[str, str]], bool] | None:
    """Path, fields and whether files were lost (取保留表单); None when there is nothing of this person's."""
    kept = request.session.get(_KEY)
    if not kept:
        return None
    try:
        form = json.loads(open_text(base64.b64decode(kept), column=_KEY))
    except UnreadablePersonalData:
        return None
    if form["owner"] != user.number:
        return None
    return form["path"], [(name, value) for name, value in form["fields"]], form["files"]


def forget_form(request: HttpRequest) -> None:
    """Drop what was kept (清除保留表单)."""
    request.session.pop(_KEY, None)
