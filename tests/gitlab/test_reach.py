"""Each way to miss GitLab is told apart, over real sockets: a name, a port, a certificate, a foreign server."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.gitlab.client import Client
from app.gitlab.errors import GitLabError, Refused, Transient

Ask = Callable[[Client], object]
ASKS: dict[str, Ask] = {
    "GraphQL": lambda client: client.query("instance", {"group": "partners"}),
    "REST": lambda client: client.get("/version"),
}


class Page(BaseHTTPRequestHandler):
    """A web page that is no GitLab."""

    status = 200
    location = ""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(self.status)
        if self.location:
            self.send_header("location", self.location)
        self.end_headers()
        self.wfile.write(b'{"version": "19.5.0"}' if self.path == "/api/v4/version" and not self.location else b"<p>Hi")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def server(handler: type[BaseHTTPRequestHandler] = Page, certificate: Path | None = None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield listening.server_port
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of an authority of one's own, for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Own authority")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def failure(url: str, kind: str) -> GitLabError:
    client = Client(url, "glpat-secret")
    try:
        with pytest.raises(Transient) as caught:
            ASKS[kind](client)
    finally:
        client.close()
    assert "glpat-secret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("kind", ASKS)
def test_a_name_that_nobody_knows(kind: str) -> None:
    error = failure("http://partner-journey.invalid", kind)
    assert "host name in http://partner-journey.invalid is not known" in error.cause
    assert "PARTNER_JOURNEY_URL" in error.fix


@pytest.mark.parametrize("kind", ASKS)
def test_a_port_where_nobody_listens(kind: str) -> None:
    assert "Nothing listens at http://127.0.0.1:9" in failure("http://127.0.0.1:9", kind).cause


@pytest.mark.parametrize("kind", ASKS)
def test_a_certificate_of_an_unknown_authority(kind: str, certificate: Path) -> None:
    with server(certificate=certificate) as port:
        error = failure(f"https://127.0.0.1:{port}", kind)
    assert "not trusted" in error.cause
    assert "PARTNER_JOURNEY_CA_FILE" in error.fix


def test_the_certificate_of_an_authority_of_ones_own_is_trusted_when_it_is_given(certificate: Path) -> None:
    with server(certificate=certificate) as port:
        client = Client(f"https://127.0.0.1:{port}", "x", ca_file=certificate)
        assert client.get("/version") == {"version": "19.5.0"}
        with pytest.raises(Transient, match="does not answer as GitLab does"):  # by GraphQL: trusted, and no GitLab
            client.query("instance", {"group": "partners"})
        client.close()


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_told_with_the_setting(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Refused, match="PARTNER_JOURNEY_CA_FILE"):
        Client("https://127.0.0.1:9", "x", ca_file=file)


@pytest.mark.parametrize("kind", ASKS)
def test_https_to_a_server_without_it(kind: str) -> None:
    with server() as port:
        error = failure(f"https://127.0.0.1:{port}", kind)
    assert "does not speak TLS" in error.cause
    assert "http://" in error.fix


@pytest.mark.parametrize("status", [200, 404])
def test_a_page_that_is_no_gitlab(status: int) -> None:
    with server(type("Other", (Page,), {"status": status})) as port:
        error = failure(f"http://127.0.0.1:{port}", "GraphQL")
    assert "does not answer as GitLab does" in error.cause


def test_a_page_where_json_should_be() -> None:
    with server() as port:
        client = Client(f"http://127.0.0.1:{port}", "x")
        with pytest.raises(Transient, match="does not answer as GitLab does"):
            client.get("/projects")
        client.close()


def test_a_redirect_names_the_address_to_set() -> None:
    with server(type("Moved", (Page,), {"status": 301, "location": "https://gitlab.example.com/api/graphql"})) as port:
        error = failure(f"http://127.0.0.1:{port}", "GraphQL")
    assert "https://gitlab.example.com" in error.cause
    assert error.fix == "Set PARTNER_JOURNEY_URL to https://gitlab.example.com."
