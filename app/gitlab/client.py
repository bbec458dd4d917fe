"""The one transport to GitLab: python-gitlab for REST, one POST for a GraphQL document, errors translated once.

The documents are stored texts, so they are sent as they are: python-gitlab's GraphQL client parses and prints each of
them anew at every request. The traps: its own retry would send a create twice, so it is off; a write without an answer
is `Ambiguous`, never repeated here; and exception texts of HTTP libraries may quote headers, so they are not passed on.
Only what GitLab refused with 429 as a whole is sent again: it did nothing. A batch is not such a thing: GitLab refuses
its seventh issue with 429, and the six before are there.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

import gitlab
import httpx
import requests

from app.gitlab import answers, documents
from app.gitlab.credential import Credential, FixedToken, GraphQLAuth, RestAuth, kind_of
from app.gitlab.errors import Ambiguous, Denied, GitLabError, Throttled
from app.gitlab.limits import Costs, Limiter, costs_of_request, costs_of_writes, retry_after
from app.gitlab.reach import no_gitlab, unreachable
from app.metrics import Meters

TIMEOUT_SECONDS = 30.0
_TRIES = 3
_Answer = TypeVar("_Answer")


@dataclass
class Count:
    """How many requests a piece of work made, and what they were."""

    requests: int = 0
    names: list[str] = field(default_factory=list)


class Client:
    """Speaks to one GitLab with one token. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        token: str | Credential,
        *,
        adapter: requests.adapters.BaseAdapter | None = None,
        transport: httpx.BaseTransport | None = None,
        limiter: Limiter | None = None,
        meters: Meters | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """`adapter` and `transport` replace the network: tests and the demo put the sandbox there.

        `ca_file`: certificates (PEM) of the authority that GitLab's certificate comes from. Raises Refused for one
        that cannot be read.
        """
        self._credential = FixedToken(token) if isinstance(token, str) else token
        certificates = answers.trusted(ca_file)
        self.limiter = limiter or Limiter(time.time, time.sleep, random.Random())  # noqa: S311 - spreads waits
        self._meters = meters or Meters()
        self._rest = gitlab.Gitlab(
            url, session=self._session(adapter), timeout=TIMEOUT_SECONDS, keep_base_url=True,
            retry_transient_errors=False, ssl_verify=str(ca_file) if ca_file else True,
        )  # fmt: skip
        self._http = httpx.Client(
            transport=transport,
            verify=certificates,
            timeout=TIMEOUT_SECONDS,
            auth=GraphQLAuth(self._credential),
            event_hooks={"response": [lambda answer: self._remember(answer.status_code, answer.headers)]},
        )
        self._local = threading.local()
        self.url = url.rstrip("/")

    def _session(self, adapter: requests.adapters.BaseAdapter | None) -> requests.Session:
        session = requests.Session()
        session.auth = RestAuth(self._credential)
        if adapter is not None:
            session.mount("http://", adapter)
            session.mount("https://", adapter)
        session.hooks["response"].append(lambda answer, *_a, **_k: self._remember(answer.status_code, answer.headers))
        return session

    def close(self) -> None:
        self._http.close()
        self._rest.session.close()

    @contextmanager
    def counting(self) -> Iterator[Count]:
        """Counts the requests that this thread makes inside the block."""
        outer = getattr(self._local, "count", None)
        count = self._local.count = Count()
        try:
            yield count
        finally:
            self._local.count = outer

    def gitlab_time(self) -> datetime | None:
        """GitLab's clock, in whole seconds, as its last answer to this thread told it; None when it did not."""
        try:
            return parsedate_to_datetime(getattr(self._local, "date", ""))
        except ValueError:
            return None

    def token_kind(self) -> str | None:
        """What kind of other token ours begins like; None: like a personal one, or like nothing known."""
        return kind_of(self._credential.value())

    # --- GraphQL ---

    def query(self, name: str, variables: Mapping[str, Any], *, licensed: bool = True) -> dict[str, Any]:
        """Runs a document of `queries/`. Raises GitLabError."""
        return self._patiently(f"the query {name}", {"api": 1}, lambda: self._query(name, variables, licensed=licensed))

    def work_items(self, name: str, variables: Mapping[str, Any], owner: str) -> Iterator[list[dict[str, Any]]]:
        """The work items of the document's `owner`, page by page: a request for each that is taken.

        None where the owner is not seen. Raises GitLabError.
        """
        after = None
        while True:
            page = (self.query(name, {**variables, "after": after})[owner] or {}).get("workItems")
            if not page:
                return
            yield page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _query(self, name: str, variables: Mapping[str, Any], *, licensed: bool) -> dict[str, Any]:
        self._note(name)
        what = f"the query {name}"
        data, problems = self._execute(documents.text(name, licensed=licensed), dict(variables), what, write=False)
        if data is None or problems:
            raise answers.translate_errors(what, problems)
        return data

    def mutate(self, writes: list[documents.Write]) -> list[dict[str, Any] | GitLabError]:
        """Sends many mutations in one request; GitLab runs them in order and each may fail on its own.

        Returns one payload or error for each write. Raises GitLabError when the request as a whole failed;
        `Ambiguous` when no answer came, for then some or all of them may have happened.
        """
        self._let_pass(f"{len(writes)} writes", costs_of_writes(writes))
        self._note(" + ".join(write.operation for write in writes))
        text, variables = documents.join(writes)
        what = f"{len(writes)} writes"
        data, problems = self._presently(lambda: self._execute(text, variables, what, write=True))
        if not data:
            raise answers.translate_errors(what, problems)
        outcomes = [
            answers.outcome(write, data.get(f"w{index}"), problems, index) for index, write in enumerate(writes)
        ]
        if any(isinstance(outcome, Throttled) for outcome in outcomes):
            self.limiter.learn(costs_of_writes(writes), 429, {})
        return outcomes

    def _execute(
        self, text: str, variables: dict[str, Any], what: str, *, write: bool
    ) -> tuple[dict[str, Any] | None, list[Any]]:
        """Data and errors of the answer (https://docs.gitlab.com/api/graphql/). Raises GitLabError where there is none.

        A refused token comes as 401 with GraphQL errors in the body; the status decides. GitLab answers every query
        with JSON; a page, a redirect or 404 there comes from somebody else.
        """
        try:
            answer = self._http.post(f"{self.url}/api/graphql", json={"query": text, "variables": variables})
        except httpx.HTTPError as error:
            raise self._without_answer(error, what, write=write) from None
        status = answer.status_code
        page = "html" in answer.headers.get("Content-Type", "")
        if not write and (status == 404 or 300 <= status < 400 or (page and status < 500)):
            raise no_gitlab(self.url, status, answer.headers.get("Location", ""))
        if status >= 400:
            raise self._refusal(status, what)
        try:
            body = answer.json()
            return body.get("data"), body.get("errors") or []
        except (ValueError, AttributeError) as error:  # no JSON, or no object
            raise (self._without_answer(error, what, write=True) if write else no_gitlab(self.url)) from None

    # --- REST ---

    def get(self, path: str, /, **query: Any) -> Any:
        """GET below /api/v4; returns parsed JSON. Raises GitLabError."""
        return self._call("get", path, query_data=query)

    def list(self, path: str, /, **query: Any) -> list[dict[str, Any]]:
        """GET all pages of a list."""
        result: list[dict[str, Any]] = []
        page = 1
        while True:
            part = self.get(path, page=page, per_page=100, **query)
            result += part
            if len(part) < 100:
                return result
            page += 1

    def post(self, path: str, /, **body: Any) -> Any:
        return self._call("post", path, post_data=body)

    def put(self, path: str, /, **body: Any) -> Any:
        return self._call("put", path, post_data=body)

    def delete(self, path: str) -> None:
        self._call("delete", path)

    def _call(self, verb: str, path: str, **arguments: Any) -> Any:
        costs = costs_of_request(verb.upper(), path)
        return self._patiently(f"{verb.upper()} {path}", costs, lambda: self._call_once(verb, path, **arguments))

    def _call_once(self, verb: str, path: str, **arguments: Any) -> Any:
        self._note(f"{verb.upper()} {path}")
        try:
            result = self._rest.http_request(verb, path, obey_rate_limit=False, max_retries=0, **arguments)
        except (gitlab.exceptions.GitlabError, requests.RequestException) as error:
            raise self._translate(error, f"{verb.upper()} {path}", write=verb != "get") from None
        try:
            return result.json() if result.content else None
        except ValueError:
            raise no_gitlab(self.url) if verb == "get" else answers.unreadable(verb, path) from None

    # --- limits ---

    def _let_pass(self, what: str, costs: Costs) -> None:
        self.limiter.wait(costs, what)
        self._local.costs = costs

    def _patiently(self, what: str, costs: Costs, send: Callable[[], _Answer]) -> _Answer:
        """Sends when the limits allow it, and again when GitLab refused it with 429 all the same."""
        for _ in range(_TRIES - 1):
            self._let_pass(what, costs)
            try:
                return self._presently(send)
            except Throttled as error:  # the limiter has learned from it how long to wait
                if not self.limiter.bears(error.retry_after):
                    raise
        self._let_pass(what, costs)
        return self._presently(send)

    def _presently(self, send: Callable[[], _Answer]) -> _Answer:
        """Sends, and once more when the token was refused and is another one by now: GitLab did nothing with it."""
        token = self._credential.value()
        try:
            return send()
        except Denied:
            if self._credential.value() == token:
                raise
            return send()

    # --- errors ---

    def _note(self, name: str) -> None:
        count: Count | None = getattr(self._local, "count", None)
        if count is not None:
            count.requests += 1
            count.names.append(name)

    def _remember(self, status: int, headers: Mapping[str, str]) -> None:
        self._local.date = headers.get("Date", "")
        self._local.retry_after = retry_after(headers)
        costs = getattr(self._local, "costs", {})
        self._meters.request(costs, status)
        self.limiter.learn(costs, status, headers)

    def _translate(self, error: Exception, what: str, *, write: bool) -> GitLabError:
        status = getattr(error, "response_code", None)
        if isinstance(status, int):
            return self._refusal(status, what, answers.message(error), answers.about(error))
        return self._without_answer(error, what, write=write)

    def _without_answer(self, error: Exception, what: str, *, write: bool) -> GitLabError:
        self._meters.request(getattr(self._local, "costs", {}), None)
        if write:
            kind = type(error).__name__
            return Ambiguous(
                f"GitLab gave no answer to {what} ({kind}).", "The next run looks what happened and goes on."
            )
        return unreachable(error, self.url)

    def _refusal(self, status: int, what: str, message: str = "", about: frozenset[str] = frozenset()) -> GitLabError:
        return answers.translate_status(status, message, what, about, getattr(self._local, "retry_after", None))
