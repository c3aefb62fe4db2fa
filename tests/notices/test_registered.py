"""Every registered template can be put into words, in both languages (通知模板)."""

from django.conf import settings

from sealreg.notices.templates import registered, word


def test_every_template_reads():
    for template in registered():
        for language, _ in settings.LANGUAGES:
            wording = word(template.id, dict.fromkeys(template.places, "50%"), language=language)
            assert wording.title
            assert wording.body
            assert "%(" not in wording.title + wording.body
