"""WSGI entry (网关入口): ASGI was measured several times slower for this work, so there is none."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sealreg.settings.production")
application = get_wsgi_application()
