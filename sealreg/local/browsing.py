"""A browser without pictures (无界面浏览): pages, their forms as they stand, cookies, redirects. For `make walk`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

Upload = tuple[str, bytes, str]
SECONDS = 30.0


class NotAsExpected(Exception):
    """What came back is not what had to come (结果不符): the sentence names what was asked and what was found."""


@dataclass
class HtmlForm:
    """One form as the page shows it (表单): fields that a browser would send, and everything that may be filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: set[tuple[str, str]] = field(default_factory=set)


class _Reader(HTMLParser):
    """Takes forms, links and plain text out of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.links: list[str] = []
        self.options: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self._form: HtmlForm | None = None
        self._list = self._select = self._area = ""
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent = True
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            self._form = HtmlForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "datalist":
            self._list = given.get("id", "")
        elif tag == "option":
            self._option(given)
        elif self._form is not None and tag in ("input", "select", "textarea", "button"):
            self._control(self._form, tag, given)

    def _option(self, given: Mapping[str, str]) -> None:
        if self._list:
            self.options.setdefault(self._list, []).append(given.get("value", ""))
        elif self._form is not None and self._select:
            first = self._select not in self._form.fields
            if first or "selected" in given:
                self._form.fields[self._select] = given.get("value", "")

    def _control(self, form: HtmlForm, tag: str, given: Mapping[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if not name:
            return
        form.names.add(name)
        if tag == "button":
            form.buttons.add((name, given.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "input" and kind in ("checkbox", "radio"):
            if "checked" in given:
                form.fields[name] = given.get("value", "on")
        elif tag == "input" and kind not in ("file", "submit", "button"):
            form.fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = False
        elif tag == "form":
            self._form = None
        elif tag == "datalist":
            self._list = ""
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.fields[self._area] += data
        elif not self._silent and data.strip():
            self.texts.append(" ".join(data.split()))


class Page:
    """One answer (页面): where it was found, its status, its words, its forms."""

    def __init__(self, browser: Browser, answer: httpx.Response) -> None:
        self.browser, self.status, self.path = browser, answer.status_code, answer.url.path
        self._reader = _Reader()
        self._reader.feed(answer.text)

    @property
    def links(self) -> list[str]:
        """Addresses the page leads to (链接)."""
        return self._reader.links

    @property
    def text(self) -> str:
        """What a reader sees, in one line (页面文字)."""
        return " ".join(self._reader.texts)

    def options(self, name: str) -> list[str]:
        """Suggestions of a list of the page (备选项)."""
        return self._reader.options.get(name, [])

    def says(self, *words: str) -> Page:
        """The page itself when it holds all the words (核对文字). Raises NotAsExpected."""
        missing = [word for word in words if word not in self.text]
        if missing or self.status != 200:
            raise NotAsExpected(f"{self.path} answers {self.status} and should say {missing}; it says: {self._gist()}")
        return self

    def _gist(self) -> str:
        """The part that tells of mistakes, else the head of the page."""
        start = max(self.text.find("存在以下问题"), 0)
        return self.text[start : start + 400]

    @property
    def forms(self) -> list[HtmlForm]:
        """Its forms, from top to bottom (全部表单)."""
        return self._reader.forms

    def has(self, name: str) -> bool:
        """Whether there is a field of this name (有无字段)."""
        return any(name in form.names for form in self.forms)

    def form(self, *names: str, to: str = "") -> HtmlForm:
        """The first form that has all these fields and leads there (查找表单). Raises NotAsExpected."""
        for one in self.forms:
            if set(names) <= one.names and to in ("", one.action):
                return one
        raise NotAsExpected(f"{self.path} ({self.status}) has no form with {', '.join(names)}: {self._gist()}")

    def send(
        self,
        values: Mapping[str, str],
        files: Mapping[str, Upload] | None = None,
        *,
        knows: tuple[str, ...] = (),
        to: str = "",
    ) -> Page:
        """Fill the form in and send it (填写并提交). knows, to: fields and address that tell the form.

        Raises NotAsExpected when the page has no such form: a field that is not there cannot be filled in.
        """
        form = self.form(*values, *(files or {}), *knows, to=to)
        return self.browser.send(self.path, form, {**form.fields, **values}, files)

    def press(self, name: str, value: str) -> Page:
        """Press the one button with this name and value (按钮). Raises NotAsExpected."""
        for form in self.forms:
            if (name, value) in form.buttons:
                return self.browser.send(self.path, form, {**form.fields, name: value})
        raise NotAsExpected(f"{self.path} ({self.status}) has no button {name}={value}")


class Browser:
    """One person at one browser (浏览器). address: the portal's, with scheme and port."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(
            base_url=address, follow_redirects=True, timeout=SECONDS, trust_env=False,
            headers={"Accept-Language": "zh-Hans", "User-Agent": "sealreg-walk"},
        )  # fmt: skip

    def get(self, path: str, **query: str) -> Page:
        """Open a page (打开页面)."""
        return Page(self, self._client.get(path, params=query or None))

    def send(
        self, path: str, form: HtmlForm, values: Mapping[str, str], files: Mapping[str, Upload] | None = None
    ) -> Page:
        """Send a form from the page at `path` (提交表单)."""
        target = urljoin(path, form.action) if form.action else path
        if form.method == "get":
            return Page(self, self._client.get(urlsplit(target).path, params=dict(values)))
        answer = self._client.post(target, data=dict(values), files=dict(files) if files else None)
        return Page(self, answer)

    def close(self) -> None:
        """Close its connections (关闭)."""
        self._client.close()
