"""The socket, the in-process transports, faults, limits and the journal."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import gitlab
import httpx
import pytest
import requests
from gql.transport.exceptions import TransportQueryError
from rest_client import BASE_URL, Scene, make_scene, running

from app.sandbox.http import Request, Response, json_response
from app.sandbox.inprocess import httpx_transport, requests_adapter
from app.sandbox.operations import create_token
from app.sandbox.server import create_app, refuse_open_address


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def test_socket_and_transports_carry_the_same_bytes(scene: Scene) -> None:
    target = "/api/v4/projects/partners%2Facme/issues?not[labels]=x"
    scene.project().issues.create({"title": "Übung"})
    headers = {"PRIVATE-TOKEN": "sandbox-partner-bot"}
    session = requests.Session()
    session.mount("http://", requests_adapter(scene.sandbox))
    by_requests = session.get(BASE_URL + target, headers=headers)
    with httpx.Client(transport=httpx_transport(scene.sandbox)) as client:
        by_httpx = client.get(BASE_URL + target, headers=headers)
    by_socket = asyncio.run(_get_from_app(scene, target, headers))
    assert by_requests.content == by_httpx.content == by_socket.content
    assert by_socket.json()[0]["title"] == "Übung"
    differ = ("X-Request-Id", "Date")  # one a request; and the server below the socket writes the date
    ours = {name: value for name, value in by_requests.headers.items() if name not in differ}
    for other in (by_httpx, by_socket):
        assert {name: other.headers[name] for name in ours} == ours


async def _get_from_app(scene: Scene, target: str, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(app=create_app(scene.sandbox, deliver=False))
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.get(BASE_URL + target, headers=headers)


@contextmanager
def receiving(bodies: queue.Queue[tuple[str, bytes]]) -> Iterator[str]:
    """A webhook receiver on a real socket that puts (event, body) into the queue; gives its address."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.put((self.headers["X-Gitlab-Event"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook"
        finally:
            server.shutdown()
            thread.join()


def test_the_running_server_answers_and_sends_webhooks(scene: Scene) -> None:
    bodies: queue.Queue[tuple[str, bytes]] = queue.Queue()
    with running(scene) as address, receiving(bodies) as receiver:
        client = gitlab.Gitlab(address, private_token="sandbox-partner-bot")
        project = client.projects.get("partners/acme")
        project.hooks.create({"url": receiver, "issues_events": True})
        project.issues.create({"title": "Tell"})
        event, body = bodies.get(timeout=5)
        client.session.close()
    assert event == "Issue Hook"
    assert b'"title":"Tell"' in body


def test_a_receiver_may_call_back_before_it_answers(scene: Scene) -> None:
    project = scene.project()
    project.hooks.create({"url": "http://127.0.0.1:1/bot", "issues_events": True})
    project.issues.create({"title": "Tell"})

    def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        return 200, {}, scene.project().issues.get(1).title

    delivery = scene.sandbox.deliver_next(post)
    assert delivery is not None
    assert delivery.response_body == "Tell"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.2", "example.org", "::"])  # noqa: S104
def test_only_this_machine_may_reach_the_socket(host: str) -> None:
    with pytest.raises(ValueError, match=r"Use 127\.0\.0\.1"):
        refuse_open_address(host)
    refuse_open_address("127.0.0.1")


def test_faults_before_and_after_the_effect(scene: Scene) -> None:
    project = scene.project()
    scene.sandbox.fault = lambda request, number: json_response(503, {"message": "down"})
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.issues.create({"title": "Never"})
    assert refused.value.response_code == 503
    scene.sandbox.fault = None

    def lose_answer(request: Request, number: int, response: Response) -> Exception | None:
        return TimeoutError("no answer") if request.method == "POST" else None

    scene.sandbox.fault_after = lose_answer
    with pytest.raises(requests.exceptions.ReadTimeout):
        project.issues.create({"title": "Made all the same"})
    assert [issue.title for issue in project.issues.list(get_all=True)] == ["Made all the same"]


def test_limits_throttle_by_the_clock_of_the_world(scene: Scene) -> None:
    issue = scene.project().issues.create({"title": "Chatty"})
    scene.world.limits.enforce_rates = True
    scene.world.limits.notes_per_minute = 2
    scene.world.limits.api_per_minute = 10
    path = "/projects/partners%2Facme/issues/1/notes"
    codes = [scene.send(path, method="POST", body=b'{"body":"x"}').status for _ in range(3)]
    assert codes == [201, 201, 429]
    limited = scene.send(path, method="POST", body=b'{"body":"x"}')
    assert limited.headers["Retry-After"] == "60"
    assert "too many times" in limited.json()["message"]["error"]
    assert limited.headers["RateLimit-Remaining"] == "6"
    throttled = [scene.send("/version") for _ in range(7)][-1]
    assert (throttled.status, throttled.headers["Content-Type"], throttled.headers["Retry-After"]) == (
        429,
        "text/plain",
        "48",
    )
    scene.clock.forward(minutes=1)
    assert issue.notes.create({"body": "again"}).body == "again"


def test_the_journal_tells_who_asked_what(scene: Scene) -> None:
    scene.world.journal.clear()
    scene.project("gl.sa1").issues.list(state="opened", get_all=True)
    scene.send("/version?private_token=sandbox-root", username=None)
    entries = [(e.username, e.method, e.path, e.query, e.status) for e in scene.world.journal]
    assert entries == [
        ("gl.sa1", "GET", "/api/v4/projects/partners%2Facme", "", 200),
        ("gl.sa1", "GET", f"/api/v4/projects/{scene.project().id}/issues", "state=opened", 200),
        ("root", "GET", "/api/v4/version", "private_token=[FILTERED]", 200),
    ]


def test_graphql_goes_through_the_same_door(scene: Scene) -> None:
    bot = scene.world.user_by_name("partner-bot")
    assert bot is not None
    create_token(scene.world, bot, name="reader", scopes=["read_api"], value="reader")
    transport = httpx_transport(scene.sandbox)

    def client(token: str) -> gitlab.GraphQL:
        http = httpx.Client(transport=transport)
        http.headers["Authorization"] = f"Bearer {token}"
        return gitlab.GraphQL(BASE_URL, client=http)

    question = "query me { currentUser { username } }"
    with client("sandbox-partner-bot") as ours, client("reader") as reader, client("nobody") as nobody:
        assert ours.execute(question) == {"currentUser": {"username": "partner-bot"}}
        assert scene.world.journal[-1].operation == "me"
        assert reader.execute(question) == {"currentUser": {"username": "partner-bot"}}
        write = 'mutation { createNote(input: {noteableId: "gid://gitlab/WorkItem/1", body: "x"}) { errors } }'
        with pytest.raises(TransportQueryError, match="you don't have permission"):
            reader.execute(write)
        with pytest.raises(TransportQueryError, match="Invalid token"):
            nobody.execute(question)
    assert scene.world.journal[-1].status == 401
