"""A reader of the site: no JavaScript, a cookie jar for each of the two sites, redirects followed between both."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import anyio
import httpx

from app.demo.local import BASE_URL, SERVICE_URL, LocalStage
from app.sandbox.http import request_for
from app.web.app import create_app


@dataclass
class Browser:
    """No JavaScript, one cookie jar for each of the two sites."""

    stage: LocalStage
    app: Any = field(init=False)
    cookies: dict[str, dict[str, str]] = field(default_factory=lambda: {BASE_URL: {}, SERVICE_URL: {}})
    last: httpx.Response = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.stage.service, "the-api-token")

    def get(self, url: str, *, follow: bool = True) -> httpx.Response:
        return self._go("GET", url, None, follow)

    def post(self, url: str, form: dict[str, str], *, follow: bool = True) -> httpx.Response:
        return self._go("POST", url, urlencode(form).encode(), follow)

    def sign_in(self, username: str = "gl.sa1", then: str = "/") -> httpx.Response:
        """From the site's button over GitLab's page back to the site."""
        self.get(f"/signin?{urlencode({'next': then})}")
        return self.agree(user=username)

    def agree(self, *, follow: bool = True, **decision: str) -> httpx.Response:
        """Presses a button on GitLab's page."""
        hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.last.text)
        fields = {name: html.unescape(value) for name, value in hidden if name != "back"}
        return self.post(f"{BASE_URL}/oauth/authorize", fields | decision, follow=follow)

    def sign_out(self) -> httpx.Response:
        token = re.search(r'name="form" value="([^"]+)"', self.get("/").text)
        assert token is not None
        return self.post("/signout", {"form": token[1]})

    def _go(self, method: str, url: str, body: bytes | None, follow: bool) -> httpx.Response:
        url = url if "://" in url else SERVICE_URL + url
        origin = BASE_URL if url.startswith(BASE_URL) else SERVICE_URL
        path = url.removeprefix(origin)
        jar = self.cookies[origin]
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())} if jar else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if origin == BASE_URL:
            told = self.stage.sandbox.handle(request_for(path, method=method, headers=headers, body=body or b""))
            answer = httpx.Response(told.status, headers=told.headers, content=told.body)
        else:
            answer = anyio.run(self._ask_site, method, path, headers, body)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            jar[name] = value
            if value in ("", "null") or "01 Jan 1970" in cookie:
                jar.pop(name)
        self.last = answer
        if follow and answer.status_code in (302, 303):
            place = answer.headers["location"]
            return self._go("GET", place if urlsplit(place).netloc else origin + place, None, follow)
        return answer

    async def _ask_site(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url=SERVICE_URL) as client:
            return await client.request(method, path, headers=headers, content=body)
