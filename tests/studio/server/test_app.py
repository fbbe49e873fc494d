"""What the server answers, over HTTP: to its own page, and to whoever else asks."""

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from pellucid.errors import ConfigurationError
from pellucid.files.model_file import load_model
from pellucid.studio.server.app import obey
from tests.studio.live.examples import live
from tests.studio.server.asking import ask, order


def events(address, count, seconds=10.0):
    """Return the first events that a studio sends."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
    connection.request("GET", f"{parts.path}events")
    answer = connection.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = []
    while len(found) < count:
        line = answer.readline().decode()
        if line.startswith("event: "):
            data = answer.readline().decode().removeprefix("data: ")
            found.append((line.split()[1], json.loads(data)))
    connection.close()
    return found


def test_the_page_is_under_the_token_and_may_load_nothing(running):
    status, headers, body = ask(running)
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert b'id="content"' in body
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert (headers["x-frame-options"], headers["referrer-policy"]) == ("DENY", "no-referrer")
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    status, headers, _ = ask(running.rstrip("/"), "")
    assert (status, headers["location"]) == (308, urlsplit(running).path)


@pytest.mark.parametrize("path", ["", "events", "wrong/", "wrong/do", "favicon.ico"])
def test_without_the_token_a_page_says_where_it_is(running, path):
    status, headers, body = ask(running, f"/{path}")
    assert status == 403
    assert b"The token is missing" in body
    assert b"terminal in which pellucid studio was started" in body
    assert urlsplit(running).path.strip("/").encode() not in body
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_another_name_for_this_machine_is_refused(running):
    status, _, body = ask(running, Host="evil.example")
    assert status == 403
    assert b"Another address" in body
    assert ask(running, Host="")[0] in (400, 403)


def test_another_site_gets_nothing_done(running):
    for headers in ({"Origin": "http" + "://evil.example"}, {"Origin": ""}, {"Origin": "null"}):
        assert order(running, {"do": "pause"}, **headers)[0] == 403
    assert ask(running, "events", Origin="http" + "://evil.example")[0] == 403
    assert ask(running, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403


@pytest.mark.parametrize(
    "path", ["../", "..%2f..%2fetc%2fpasswd", "page/main.js", "static/x", "events/", "do/x"]
)
def test_there_is_no_other_path(running, path):
    assert ask(running, path)[0] in (403, 404, 307)


def test_only_what_is_meant_may_be_asked(running):
    assert ask(running, "do")[0] == 405
    origin = running.rsplit("/", 2)[0]
    assert ask(running, "", "POST", b"", Origin=origin)[0] == 405
    assert ask(running, "", "DELETE", Origin=origin)[0] == 405


def test_orders_are_bounded_and_are_json(running):
    assert order(running, b"{" + b" " * 5000)[0] == 413
    assert order(running, {"do": "pause"}, Content_Type="text/plain")[0] == 415
    assert order(running, b"{")[1] == {"error": "This is no JSON."}
    assert order(running, b"[" * 3000)[0] == 400
    assert order(running, b"\xff")[0] == 400
    status, said = order(running, {"do": "sing"})
    assert (status, said["error"][:22]) == (400, "This is no order: {'do")


def test_the_training_is_followed_and_steered(running):
    (name, now), (_, look) = events(running, 2)
    assert (name, now["total"]) == ("now", 40)
    assert 0 <= look["update"] <= 40
    assert order(running, {"do": "pause"}) == (200, {})
    count = events(running, 1)[0][1]["update"]
    assert order(running, {"do": "step"}) == (200, {})
    end = time.monotonic() + 10
    while (now := events(running, 1)[0][1])["update"] == count:
        assert time.monotonic() < end
    assert (now["update"], now["isPaused"]) == (count + 1, True)
    assert order(running, {"do": "rate", "rate": -1})[1]["error"].startswith(
        "learning_rate is -1.0"
    )
    assert order(running, {"do": "rate", "rate": 0.01}) == (200, {})
    assert events(running, 1)[0][1]["rate"] == 0.01


def test_pictures_of_the_test_are_given_by_number(running):
    status, headers, body = ask(running, "pictures?places=0,99,3")
    assert (status, len(body)) == (200, 3 * 16 * 16)
    assert headers["content-type"] == "application/octet-stream"
    every = ",".join(map(str, range(65)))
    for places in ("", "100", "-1", "1.5", "a", "1,,2", "²", "9" * 5000, every, "1;2"):
        assert ask(running, f"pictures?places={places.replace('²', '%C2%B2')}")[0] == 400, places


def test_what_was_learned_can_be_taken_as_a_model(running, tmp_path):
    events(running, 2)
    status, headers, body = ask(running, "model.safetensors")
    assert (status, headers["content-disposition"]) == (
        200, 'attachment; filename="model.safetensors"',
    )  # fmt: skip
    (tmp_path / "model.safetensors").write_bytes(body)
    model = load_model(tmp_path / "model.safetensors")
    assert model.configuration["learning_rates"][0] == [1, 0.02]
    assert model.classes == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    "told",
    [None, [], "pause", {}, {"do": None}, {"do": ["go"]}, {"do": "rate"},
     {"do": "rate", "rate": True},
     {"do": "rate", "rate": "0.1"}, {"do": "rate", "rate": 1e400}, {"do": "pace", "pace": 0},
     {"do": "pace", "pace": "fast"}, {"do": "back"}, {"do": "back", "branch": 1, "update": 0.5},
     {"do": "back", "branch": True, "update": 0}, {"do": "back", "branch": 10**30, "update": 0}],
)  # fmt: skip
def test_orders_that_are_none_are_refused(told):
    with live() as training:
        with pytest.raises(ConfigurationError):
            obey(training, told)
        assert (training.update, training.is_paused, training.rate) == (0, True, 0.01)
