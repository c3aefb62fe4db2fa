"""The description of the interface (接口说明), OpenAPI 3.1, made from the code."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from sealreg.api.codes import Code
from sealreg.api.views import OpenView
from sealreg.api.wire import write_json

_METHODS = {"get", "post", "put", "patch", "delete"}


class ClientScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How clients prove who they are (认证方式说明)."""

    target_class = "sealreg.api.authentication.ClientAuthentication"
    name = ["signature", "sandbox"]  # noqa: RUF012

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": 'SEALREG1-ES256 client="…",key="…",ts="…",nonce="…",sig="…" (or SEALREG1-SM2): '
                "docs/api/signing.md",
            },
            {"type": "http", "scheme": "bearer", "description": "sk_test_…: synthetic data only"},
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        return [{"signature": []}, {"sandbox": []}]


def add_errors(result: dict[str, Any], **_rest: Any) -> dict[str, Any]:
    """Every call may be refused in the one shape (错误应答说明): drf-spectacular's post-processing hook."""
    codes = "\n".join(f"* `{code.value}`: {code.label}" for code in Code)
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = {
        "type": "object",
        "description": codes,
        "required": ["code", "message", "fields", "request_id"],
        "properties": {
            "code": {"type": "string", "enum": list(Code.values)},
            "message": {"type": "string"},
            "fields": {"type": "object", "additionalProperties": {"type": "string"}},
            "request_id": {"type": "string"},
            "facts": {"type": "object"},
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path in result["paths"].values():
        for method in _METHODS & set(path):
            path[method]["responses"]["default"] = {"description": "Error", "content": content}
    return result


@lru_cache(maxsize=8)
def schema_text(language: str | None) -> bytes:
    """The whole description as JSON, once per process and language (接口说明全文)."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    return write_json(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


class SchemaView(OpenView):
    """接口说明 (OpenAPI 3.1)."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """The description for programs."""
        return HttpResponse(
            schema_text(get_language()),
            content_type="application/json",
            headers={"Cache-Control": "public, max-age=300"},
        )


def docs_page(request: HttpRequest) -> HttpResponse:
    """接口文档: Swagger UI from our own host."""
    return render(request, "api/docs.html")
