"""The pages under `/_local/`."""

import json
from typing import Any

import pytest

from infra.local.cloud import Cloud
from infra.local.driver import Driver
from infra.local.gateway import Reply
from infra.local.pages import Pages
from infra.local.template import Template
from tests.local.doubles import Handlers, out_of_order

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
PROGRAM = {"Accept": "application/json"}


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def driver(small: Template, cloud: Cloud, handlers: Handlers) -> Driver:
    return Driver(small, cloud, handlers.find)


@pytest.fixture
def pages(small: Template, cloud: Cloud, driver: Driver) -> Pages:
    return Pages(small, cloud, driver)


def get(pages: Pages, path: str, headers: dict[str, str] = PROGRAM) -> Reply:
    reply = pages("GET", path, headers, b"")
    assert reply is not None
    return reply


def post(pages: Pages, path: str, body: Any = None, headers: dict[str, str] = PROGRAM) -> Reply:
    reply = pages("POST", path, headers, b"" if body is None else json.dumps(body).encode())
    assert reply is not None
    return reply


def url(cloud: Cloud, name: str) -> str:
    return str(cloud.client("sqs").get_queue_url(QueueName=f"learnflow-local-{name}")["QueueUrl"])


def send_mail(cloud: Cloud, subject: str, text: str, html: str = "") -> None:
    body = {"Text": {"Data": text}, **({"Html": {"Data": html}} if html else {})}
    cloud.client("sesv2").send_email(
        FromEmailAddress="LearnFlow <no-reply@learnflow.example>",
        Destination={"ToAddresses": ["student@learnflow.example"]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": body}},
    )


def dead_letter(cloud: Cloud, body: str, reason: str) -> None:
    cloud.client("sqs").send_message(
        QueueUrl=url(cloud, "work-dead"),
        MessageBody=body,
        MessageAttributes={
            "reason": {"DataType": "String", "StringValue": reason},
            "kind": {"DataType": "String", "StringValue": "letter"},
        },
    )


@pytest.mark.parametrize("path", ["/", "/api/v1/users", "/_locals", "/api/_local"])
def test_other_paths_are_none_of_its_business(pages: Pages, path: str) -> None:
    assert pages("GET", path, BROWSER, b"") is None


@pytest.mark.parametrize("path", ["", "/", "/mail", "/schedules", "/queues", "/facts"])
def test_every_page_has_html_for_people_and_json_for_programs(pages: Pages, path: str) -> None:
    html, plain = get(pages, f"/_local{path}", BROWSER), get(pages, f"/_local{path}")
    assert html.status == plain.status == 200
    assert html.body.startswith(b"<!doctype html>")
    assert "default-src 'none'" in (html.header("content-security-policy") or "")
    assert b"http://" not in html.body.split(b"</style>")[0]
    plain.json()


def test_mails_are_listed_newest_first_and_can_be_picked_by_address(pages: Pages, cloud: Cloud) -> None:
    send_mail(cloud, "first", "one")
    send_mail(cloud, "second", "two", "<p>two</p>")
    mails = get(pages, "/_local/mail").json()
    assert [mail["subject"] for mail in mails] == ["second", "first"]
    assert set(mails[0]) == {"to", "subject", "text", "html", "sent_at"}
    assert mails[0]["to"] == ["student@learnflow.example"]
    assert get(pages, "/_local/mail?to=nobody@learnflow.example").json() == []


def test_a_mail_is_shown_with_links_to_click_and_its_html_caged(pages: Pages, cloud: Cloud) -> None:
    send_mail(cloud, "<b>bold</b>", "Go to http://localhost:8000/verify?token=a.b now", '<script>alert("x")</script>')
    page = get(pages, "/_local/mail", BROWSER).body.decode()
    assert 'href="http://localhost:8000/verify?token=a.b"' in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<script>" not in page
    assert "allow-scripts" not in page


@pytest.mark.parametrize(
    ("kind", "part", "recipients"),
    [("bounce", "bounce", "bouncedRecipients"), ("complaint", "complaint", "complainedRecipients")],
)
def test_a_bounce_or_complaint_arrives_as_ses_would_tell_it(
    pages: Pages, cloud: Cloud, kind: str, part: str, recipients: str
) -> None:
    reply = post(pages, "/_local/mail/bounces", {"address": "gone@learnflow.example", "kind": kind})
    assert reply.status == 200
    (message,) = cloud.client("sqs").receive_message(QueueUrl=url(cloud, "mail-events"))["Messages"]
    event = json.loads(message["Body"])
    assert event["eventType"].lower() == kind
    assert event[part][recipients][0]["emailAddress"] == "gone@learnflow.example"
    assert event["mail"]["destination"] == ["gone@learnflow.example"]


@pytest.mark.parametrize("body", [{}, {"address": "nobody"}, {"address": "a@b.example", "kind": "applause"}])
def test_a_bounce_that_makes_no_sense_is_refused(pages: Pages, body: Any) -> None:
    assert post(pages, "/_local/mail/bounces", body).status == 422


def test_a_clock_can_be_fired_as_of_another_time(pages: Pages, handlers: Handlers) -> None:
    (clock,) = get(pages, "/_local/schedules").json()
    assert (clock["name"], clock["zone"], clock["runs"]) == ("tick", "Europe/Berlin", 0)
    assert clock["next"].endswith("Z")
    reply = post(pages, "/_local/schedules/tick", {"at": "2026-01-31T03:30:00+01:00"})
    assert (reply.status, reply.json()["failed"]) == (200, False)
    assert handlers.events["schedules.tick.handler"] == [{"scheduled_at": "2026-01-31T02:30:00Z"}]
    assert get(pages, "/_local/schedules").json()[0]["runs"] == 1


def test_a_clock_that_fails_says_how(pages: Pages, handlers: Handlers) -> None:
    handlers.answers["schedules.tick.handler"] = out_of_order
    told = post(pages, "/_local/schedules/tick").json()
    assert (told["failed"], told["error"]) == (True, "RuntimeError: out of order")
    assert b"out of order" in get(pages, "/_local/schedules", BROWSER).body


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_local/schedules/tock", None, 404),
        ("/_local/schedules/tick", {"at": "yesterday"}, 422),
        ("/_local/schedules/tick", {"at": "2026-01-31T02:30:00"}, 422),
        ("/_local/schedules/tick", {"at": 5}, 422),
        ("/_local/queues/given-up/redrive", None, 404),
        ("/_local/queues", None, 405),
        ("/_local/nowhere", None, 404),
    ],
)
def test_what_a_page_cannot_do_is_a_problem(pages: Pages, path: str, body: Any, status: int) -> None:
    reply = post(pages, path, body)
    assert (reply.status, reply.header("content-type")) == (status, "application/problem+json")


def test_queues_show_their_depth_and_their_dead_with_reasons(pages: Pages, cloud: Cloud) -> None:
    cloud.client("sqs").send_message(QueueUrl=url(cloud, "work"), MessageBody="m")
    dead_letter(cloud, "poison", "Invalid: no such letter")
    queues = {queue["name"]: queue for queue in get(pages, "/_local/queues").json()}
    assert set(queues) == {"work", "mail-events", "given-up"}
    assert (queues["work"]["depth"], queues["work"]["in_flight"]) == (1, 0)
    (letter,) = queues["work"]["dead_letters"]
    assert (letter["reason"], letter["body"]) == ("Invalid: no such letter", "poison")
    assert b"no such letter" in get(pages, "/_local/queues", BROWSER).body


def test_dead_letters_can_be_sent_back_without_their_reason(
    pages: Pages, cloud: Cloud, driver: Driver, handlers: Handlers
) -> None:
    for number in range(12):
        dead_letter(cloud, f"letter {number}", "bad day")
    assert post(pages, "/_local/queues/work/redrive").json() == {"queue": "work", "moved": 12}
    driver.settle()
    records = [record for batch in handlers.batches("functions.work.handler") for record in batch]
    assert len(records) == 12
    assert all(set(record["messageAttributes"]) == {"kind"} for record in records)
    queues = {queue["name"]: queue for queue in get(pages, "/_local/queues").json()}
    assert queues["work"]["dead_letters"] == []


def test_facts_are_shown_newest_first_with_the_lag_of_each_reader(pages: Pages, cloud: Cloud, driver: Driver) -> None:
    for number, kind in ((1, "fact"), (2, "user"), (3, "fact")):
        item = {"pk": f"p{number}", "sk": str(number), "kind": kind, "name": f"event.{number}"}
        cloud.client("dynamodb").put_item(
            TableName="learnflow-local", Item={name: {"S": value} for name, value in item.items()}
        )
    driver.settle()
    shown = get(pages, "/_local/facts").json()
    assert [fact["name"] for fact in shown["facts"]] == ["event.3", "event.1"]
    (reader,) = shown["readers"]
    assert (reader["name"], reader["lag_seconds"], reader["last_error"]) == ("follow", 0, None)
    assert b"event.3" in get(pages, "/_local/facts", BROWSER).body


def test_a_button_pressed_in_a_browser_leads_back_to_its_page(pages: Pages) -> None:
    reply = post(pages, "/_local/schedules/tick", headers=BROWSER)
    assert (reply.status, reply.header("location")) == (303, "/_local/schedules")
    reply = post(pages, "/_local/queues/work/redrive", headers=BROWSER)
    assert (reply.status, reply.header("location")) == (303, "/_local/queues")


def test_the_page_of_another_site_cannot_press_the_buttons(pages: Pages, handlers: Handlers) -> None:
    assert post(pages, "/_local/schedules/tick", headers={**PROGRAM, "Sec-Fetch-Site": "cross-site"}).status == 403
    assert handlers.events == {}
