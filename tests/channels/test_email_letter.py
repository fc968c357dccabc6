"""The letter, through a real SMTP server: whole, threaded, and closed to whatever a label tries."""

import asyncio
import datetime as dt
import ssl
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.channels.letters import a_bundle, a_hostile_page, a_page, a_status, an_enormous_page, an_item
from tests.providers.smtp import Letter, SmtpSink
from tocsin.channels.email.send import Email, read_server
from tocsin.core.respond.delivery import Delivered, Failed, Rejected
from tocsin.core.respond.message import Message


@pytest.fixture
def smtp() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


async def delivered(message: Message, smtp: SmtpSink, http: aiohttp.ClientSession) -> Letter:
    found = await Email().send(message, "alice@example.com", smtp.options, http)
    assert isinstance(found, Delivered), found
    return smtp.letters[-1]


# --- what arrives ----------------------------------------------------------------------------------------------------


async def test_a_page_arrives_with_everything_a_responder_needs(
    smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    letter = await delivered(a_page(), smtp, http)
    assert letter.sender == "tocsin@example.com"
    assert letter.recipients == ["alice@example.com"]
    assert letter.mail["To"] == "Alice Ames <alice@example.com>"
    assert letter.mail["From"] == "Tocsin <tocsin@example.com>"
    assert letter.mail["Subject"] == "[SEV2] task-api: API p99 latency above 2s"
    assert letter.mail["Date"].datetime == a_page().sent_at
    for part in ("plain", "html"):
        for wanted in (
            "SEV2",
            "task-api",
            "four times its normal",
            "14:32 UTC (16:32 Europe/Berlin), for 4m",
        ):
            assert wanted in letter.part(part)
        for url in (a_page().acknowledge_url, a_page().resolve_url, an_item().runbook_url, an_item().url):
            assert url in letter.part(part)


async def test_no_robot_answers_it(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    mail = (await delivered(a_page(), smtp, http)).mail
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"


async def test_the_message_id_is_made_of_the_idempotency_key(
    smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    first, again = await delivered(a_page(), smtp, http), await delivered(a_page(), smtp, http)
    assert first.mail["Message-ID"] == again.mail["Message-ID"] == "<tocsin.7.1.1@example.com>"
    other = await delivered(a_page(key="7.1.2"), smtp, http)
    assert other.mail["Message-ID"] == "<tocsin.7.1.2@example.com>"


@pytest.mark.parametrize("key", ["a b", "a@b", "a>b", "a\r\nb", "", "..", "é", "x" * 5000, "\ud800"])
async def test_any_key_makes_a_valid_message_id(
    key: str, smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    letter = await delivered(a_page(key=key), smtp, http)
    left, _, right = letter.mail["Message-ID"].strip("<>").partition("@")
    assert right == "example.com"
    assert len(left) == len("tocsin.") + 32


async def test_letters_about_one_incident_share_a_thread(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    page, status = await delivered(a_page(), smtp, http), await delivered(a_status(), smtp, http)
    assert page.mail["References"] == status.mail["References"] == "<incident.7.0@example.com>"
    assert page.mail["In-Reply-To"] == "<incident.7.0@example.com>"
    assert page.mail["Thread-Index"] == status.mail["Thread-Index"]
    other = await delivered(a_page(items=(an_item(incident=8),)), smtp, http)
    assert other.mail["References"] == "<incident.8.0@example.com>"
    assert other.mail["Thread-Index"] != page.mail["Thread-Index"]


async def test_a_bundle_says_that_it_covers_what_it_lists(
    smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    letter = await delivered(a_bundle(4), smtp, http)
    for part in ("plain", "html"):
        assert "these 4 incidents and no others" in letter.part(part)
        assert "Acknowledge all 4" in letter.part(part)
        assert all(f"node-{n} is nearly full" in letter.part(part) for n in range(4))
    assert letter.mail["References"] is None


async def test_news_has_no_buttons_and_no_importance(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    letter = await delivered(a_status(), smtp, http)
    assert "Acknowledge" not in letter.part("html").replace("acknowledged", "")
    assert letter.mail["Importance"] is None
    assert "Your page was stopped." in letter.part("plain")


# --- what labels try -------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


async def test_no_label_becomes_a_header_or_a_recipient(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    letter = await delivered(a_hostile_page(), smtp, http)
    honest = await delivered(a_page(), smtp, http)
    assert letter.recipients == ["alice@example.com"]
    assert letter.mail["Bcc"] is None
    assert set(letter.mail.keys()) == set(honest.mail.keys())
    assert letter.mail["To"].addresses[0].addr_spec == "alice@example.com"


async def test_no_label_becomes_markup(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    tags = Tags()
    tags.feed((await delivered(a_hostile_page(), smtp, http)).part("html"))
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "img", "iframe", "form", "object"}
    links = [attributes["href"] for tag, attributes in tags.seen if tag == "a"]
    assert links == [a_page().acknowledge_url, a_page().resolve_url]  # nothing from labels
    assert not any(name.startswith("on") for _, attributes in tags.seen for name in attributes)


async def test_no_label_turns_the_text_around_or_ends_it(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    letter = await delivered(a_hostile_page(), smtp, http)
    for text in (letter.part("plain"), letter.part("html"), letter.mail["Subject"]):
        assert not {"\u202e", "\x1b", "\x00"} & set(text)


async def test_a_line_with_a_lone_dot_does_not_end_the_letter(
    smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    letter = await delivered(a_page(text="before\n.\n.\nRCPT TO:<eve@example.com>\nafter"), smtp, http)
    assert "before\n.\n.\nRCPT TO:<eve@example.com>\nafter" in letter.part("plain").replace("\r\n", "\n")
    assert letter.recipients == ["alice@example.com"]


async def test_megabytes_are_cut_with_a_notice(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    letter = await delivered(an_enormous_page(), smtp, http)
    assert len(letter.raw) < 120_000
    assert "3,980,000 more characters" in letter.part("plain")
    assert len(letter.mail["Subject"]) <= 181


@pytest.mark.parametrize(
    "address",
    [
        "alice",
        "alice@",
        "@example.com",
        "alice@example.com, eve@example.com",
        "alice@example.com\r\nRCPT TO:<eve@example.com>",
        "<alice@example.com> eve@example.com",
        "alice@exa mple.com",
        "",
    ],
)
async def test_what_is_not_one_address_is_refused_before_it_is_sent(
    address: str, smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    assert isinstance(await Email().send(a_page(), address, smtp.options, http), Rejected)
    assert smtp.letters == []


# --- what the server says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
async def test_four_hundreds_are_tried_again_and_five_hundreds_are_final(
    stage: str, smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    smtp.fail("451 4.7.1 greylisted, come back", at=stage)
    found = await Email().send(a_page(), "alice@example.com", smtp.options, http)
    assert isinstance(found, Failed)
    assert "451: 4.7.1 greylisted, come back" in found.detail
    smtp.reject("550 5.1.1 no such user", at=stage)
    found = await Email().send(a_page(), "alice@example.com", smtp.options, http)
    assert isinstance(found, Rejected)
    assert "550: 5.1.1 no such user" in found.detail
    smtp.restore()
    assert isinstance(await Email().send(a_page(), "alice@example.com", smtp.options, http), Delivered)


async def test_a_server_that_hangs_costs_the_deadline(smtp: SmtpSink, http: aiohttp.ClientSession) -> None:
    smtp.hang()
    found = await Email(deadline=0.3).send(a_page(), "alice@example.com", smtp.options, http)
    assert isinstance(found, Failed)
    assert "did not answer within 0.3 s" in found.detail


async def test_a_server_that_is_not_there_is_tried_again(http: aiohttp.ClientSession) -> None:
    with SmtpSink() as gone:
        options = gone.options
    found = await Email().send(a_page(), "alice@example.com", options, http)
    assert isinstance(found, Failed)
    assert "cannot connect to 127.0.0.1" in found.detail


async def test_a_server_that_speaks_something_else_is_tried_again(http: aiohttp.ClientSession) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    options = {"host": "127.0.0.1", "port": str(server.sockets[0].getsockname()[1]), "from": "t@example.com"}
    async with server:
        assert isinstance(await Email().send(a_page(), "alice@example.com", options, http), Failed)


async def test_a_letter_that_was_taken_stays_taken_when_the_goodbye_fails(
    http: aiohttp.ClientSession,
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        for reply in (b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            await reader.readline()
            writer.write(reply)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 queued as 1\r\n")
        await writer.drain()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    options = {"host": "127.0.0.1", "port": str(server.sockets[0].getsockname()[1]), "from": "t@example.com"}
    async with server:
        assert isinstance(await Email().send(a_page(), "alice@example.com", options, http), Delivered)


async def test_without_a_known_server_the_reason_says_what_to_set(http: aiohttp.ClientSession) -> None:
    found = await Email().send(a_page(), "alice@example.com", {}, http)
    assert isinstance(found, Rejected)
    assert "TOCSIN_EMAIL_HOST" in found.detail


async def test_signing_in_works_and_a_wrong_password_is_final(http: aiohttp.ClientSession) -> None:
    with SmtpSink(passwords={"tocsin": "right"}) as smtp:
        options = {**smtp.options, "username": "tocsin", "password": "right"}
        assert isinstance(await Email().send(a_page(), "alice@example.com", options, http), Delivered)
        assert smtp.letters[0].username == "tocsin"
        found = await Email().send(a_page(), "alice@example.com", {**options, "password": "wr0ng"}, http)
        assert isinstance(found, Rejected)
        assert "535" in found.detail
        assert "wr0ng" not in found.detail


# --- encryption ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def encrypted(certificate: Path) -> Iterator[SmtpSink]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with SmtpSink(tls=context) as running:
        yield running


async def test_starttls_is_used_when_it_is_offered_and_the_certificate_is_trusted(
    encrypted: SmtpSink, certificate: Path, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    options = {**encrypted.options, "host": "localhost"}
    found = await Email().send(a_page(), "alice@example.com", options, http)
    assert isinstance(found, Delivered), found
    assert encrypted.letters[0].secure


async def test_a_certificate_that_nobody_trusts_is_not_talked_to(
    encrypted: SmtpSink, http: aiohttp.ClientSession
) -> None:
    found = await Email().send(
        a_page(), "alice@example.com", {**encrypted.options, "host": "localhost"}, http
    )
    assert isinstance(found, Failed)
    assert "is not trusted" in found.detail
    assert encrypted.letters == []


async def test_demanded_encryption_that_is_not_offered_is_final(
    smtp: SmtpSink, http: aiohttp.ClientSession
) -> None:
    found = await Email().send(a_page(), "alice@example.com", {**smtp.options, "starttls": "yes"}, http)
    assert isinstance(found, Rejected)
    assert smtp.letters == []


async def test_starttls_no_is_obeyed(encrypted: SmtpSink, http: aiohttp.ClientSession) -> None:
    found = await Email().send(a_page(), "alice@example.com", {**encrypted.options, "starttls": "no"}, http)
    assert isinstance(found, Delivered)
    assert not encrypted.letters[0].secure


@pytest.mark.parametrize(
    ("options", "port", "tls"),
    [
        ({}, 25, False),
        ({"username": "u"}, 587, False),
        ({"tls": "yes"}, 465, True),
        ({"port": "465"}, 465, True),
        ({"port": "465", "starttls": "yes"}, 465, False),
        ({"port": "2525"}, 2525, False),
    ],
)
def test_the_usual_ports_need_not_be_written(options: dict[str, str], port: int, tls: bool) -> None:
    server = read_server({"host": "mx", "from": "t@example.com", **options})
    assert not isinstance(server, str)
    assert (server.port, server.tls) == (port, tls)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"host": "m x"}, "host"),
        ({"port": "smtp"}, "port"),
        ({"port": "70000"}, "port"),
        ({"tls": "maybe"}, "tls"),
        ({"tls": "yes", "starttls": "yes"}, "exclude"),
        ({"from": "nobody"}, "from"),
    ],
)
def test_options_that_cannot_work_are_named(options: dict[str, str], word: str) -> None:
    assert word in Email().check("alice@example.com", options)
