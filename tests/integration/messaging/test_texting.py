"""Text messages leave by template and parameters, once for one key (短信)."""

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.db import transaction

from integration.messaging.texting import ConsoleSms, FileSms, HttpSms
from sealreg.clock import SHANGHAI
from sealreg.notices import templates
from sealreg.notices.recipients import Recipient
from sealreg.notices.services import tell
from sealreg.notices.templates import NoticeTemplate, register
from sealreg.outbox.errors import Refused, TryAgain
from sealreg.outbox.models import OutboxDelivery
from sealreg.outbox.relay import Relay

AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=SHANGHAI)
PHONE = "19900000001"


class Gateway(BaseHTTPRequestHandler):
    """A real gateway on a real socket: remembers each call, answers as told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((dict(self.headers), json.loads(body)))
        status, text, headers = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        return None


@pytest.fixture
def gateway(settings):
    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        server.calls, server.answer = [], (200, '{"receipt": "G-1"}', {})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.SMS_URL, settings.SMS_TOKEN = f"http://127.0.0.1:{server.server_port}/send", "token"
        yield server
        server.shutdown()
        thread.join()


def test_from_the_transaction_to_the_file(own_database, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "_templates", {})
    register(NoticeTemplate("test.done", "备案 %(number)s 已完成", "请领取。", ("sms",)))
    settings.SMS_FILE_DIR = tmp_path / "sms"
    with transaction.atomic():
        tell("test.done", to=[Recipient(phone=PHONE)], at=AT, params={"number": "7K3M"})
    assert Relay().drain(seconds=10) == 1
    (path,) = Path(settings.SMS_FILE_DIR).iterdir()
    sent = json.loads(path.read_text(encoding="utf-8"))
    assert sent == {"phone": PHONE, "template": "test.done", "params": {"number": "7K3M"}}
    assert OutboxDelivery.objects.get().response_reference == path.stem


def test_one_key_is_one_file(settings, tmp_path):
    settings.SMS_FILE_DIR = tmp_path
    receipts = {FileSms().send(PHONE, "test.done", {}, key="k") for _ in range(3)}
    assert len(receipts) == len(list(tmp_path.iterdir())) == 1


def test_the_console_masks_the_number(capsys):
    assert ConsoleSms().send(PHONE, "test.done", {"number": "7K3M"}, key="k") == "console"
    printed = capsys.readouterr().out
    assert PHONE not in printed
    assert '***0001: test.done {"number": "7K3M"}' in printed


def test_the_gateway_gets_template_parameters_key_and_token(gateway):
    assert HttpSms().send(PHONE, "test.done", {"number": "7K3M"}, key="k1") == "G-1"
    headers, body = gateway.calls[0]
    assert (headers["Idempotency-Key"], headers["Authorization"]) == ("k1", "Bearer token")
    assert body == {"phone": PHONE, "template": "test.done", "params": {"number": "7K3M"}}


@pytest.mark.parametrize(
    ("answer", "error", "code", "after"),
    [
        ((503, "", {"Retry-After": "30"}), TryAgain, "http_503", 30.0),
        ((429, "", {"Retry-After": "Tue"}), TryAgain, "http_429", None),
        ((400, f"bad number {PHONE}", {}), Refused, "http_400", None),
        ((200, "<html>", {}), TryAgain, "bad_answer", None),
        ((200, "[]", {}), TryAgain, "bad_answer", None),
        ((200, '{"other": 1}', {}), TryAgain, "bad_answer", None),
    ],
)
def test_what_the_gateway_says_decides(gateway, answer, error, code, after):
    gateway.answer = answer
    with pytest.raises(error) as raised:
        HttpSms().send(PHONE, "test.done", {}, key="k")
    assert raised.value.code == code
    assert getattr(raised.value, "after", None) == after
    assert PHONE not in str(raised.value)


def test_a_gateway_that_is_away_is_tried_again(settings):
    settings.SMS_URL, settings.SMS_TOKEN = "http://127.0.0.1:1/send", "token"
    with pytest.raises(TryAgain) as raised:
        HttpSms().send(PHONE, "test.done", {}, key="k")
    assert raised.value.code == "gateway_unreachable"
