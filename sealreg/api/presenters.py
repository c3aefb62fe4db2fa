"""How the interface's events read (接口事件说明)."""

from django.utils.translation import gettext_lazy as _

from sealreg.audit.presenters import register

register("api.client_registered", _("%(actor)s登记了接口调用方“%(name)s”（%(subject)s）"))
register("api.key_added", _("%(actor)s为接口调用方%(subject)s登记了密钥%(key)s（%(algorithm)s）"))
register("api.key_revoked", _("%(actor)s停用了接口调用方%(subject)s的密钥%(key)s"))
register("api.server_key_published", _("%(actor)s公布了应答公钥%(subject)s（%(algorithm)s）"))
