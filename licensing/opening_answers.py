"""The form in which a shop answers a correction (补正表单): one group of fields for each item asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.idle_forms import CaseForm
from licensing.opening_subjects import FIELDS
from licensing.requests import CorrectionAnswer
from licensing.services.corrections import CORRECTABLE, PAPER
from sealreg.attachments.forms import UploadField
from sealreg.attachments.models import Attachment
from sealreg.web.cleaning import LineField


class Item(Protocol):
    """One thing asked for (补正事项)."""

    @property
    def subject(self) -> str: ...

    @property
    def name(self) -> str: ...


class AnswerForm(CaseForm):
    """For each item a new paper or a new value where it is about one, and words (逐项补正)."""

    def __init__(self, *args: Any, items: Sequence[tuple[Item, str]], kinds: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._subjects = [item.subject for item, _present in items]
        for item, present in items:
            subject, code = item.subject, item.subject.removeprefix(PAPER)
            if subject.startswith(PAPER) and code in kinds:
                self.fields[subject] = UploadField(
                    kinds[code], required=False, label=_("重新上传：%(name)s") % {"name": item.name}
                )
            elif subject in CORRECTABLE:
                self.fields[subject] = LineField(
                    label=_("更正后的%(name)s") % {"name": FIELDS[subject]},
                    help_text=_("现为：%(value)s") % {"value": present or "—"},
                    max_length=160,
                    required=False,
                )
            self.fields[f"answer-{subject}"] = LineField(
                label=_("%(name)s：补正说明") % {"name": item.name}, max_length=300, required=False
            )

    def group(self, subject: str) -> list[forms.BoundField]:
        """The fields that answer one item (一项的字段)."""
        return [self[name] for name in (subject, f"answer-{subject}") if name in self.fields]

    def answer(self) -> CorrectionAnswer:
        """What the shop answers (补正答复)."""
        data = self.cleaned_data
        papers, values = {}, {}
        for subject in self._subjects:
            given = data.get(subject)
            if isinstance(given, Attachment):
                papers[subject.removeprefix(PAPER)] = (given,)
            elif isinstance(given, str) and given:
                values[subject] = given
        return CorrectionAnswer(
            {subject: data.get(f"answer-{subject}") or "" for subject in self._subjects}, papers, values
        )
