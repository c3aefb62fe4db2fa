"""Path converters (路径参数): what cannot be a public number does not reach a view."""

from __future__ import annotations

from django.urls import register_converter


class PublicNumber:
    """A public number in a path (对外编号): `<number:number>`."""

    regex = "[0-9A-HJKMNP-TV-Z]{12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PublicNumber, "number")
