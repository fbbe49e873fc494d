import pytest

from pellucid.studio.server.guard import Asked, Guard, headers_of

GUARD = Guard("secret", 8017)
OWN = "http" + "://127.0.0.1:8017"


def refusal(path="/secret/", method="GET", guard=GUARD, **headers):
    told = {"host": "127.0.0.1:8017"} | {k.replace("_", "-"): v for k, v in headers.items()}
    listed = {k: v if isinstance(v, list) else [v] for k, v in told.items() if v is not None}
    return guard.refusal(Asked(method, path, listed))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8017", "localhost:8017", "LocalHost:8017", "[::1]:8017"]
)
def test_this_machine_under_all_of_its_names(host):
    assert refusal(host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        None, "", "127.0.0.1", "127.0.0.1:8018", "evil.example:8017", "127.0.0.1.evil.example:8017",
        "localhost.evil.example:8017", "192.168.0.7:8017", ["127.0.0.1:8017", "127.0.0.1:8017"],
        "127.0.0.1:8017@evil.example", "[::1]", "[::1", ":8017", "evil.example:80:8017",
    ],
)  # fmt: skip
def test_a_name_that_somebody_else_lets_point_here_is_refused(host):
    assert refusal(host=host) == "host"


@pytest.mark.parametrize(
    "path",
    ["", "/", "secret/", "/secre/", "/secrets/", "/Secret/", "//secret/", "/../secret/", "/ü/",
     "/%73ecret/", "/events"],
)  # fmt: skip
def test_without_the_token_there_is_nothing(path):
    assert refusal(path) == "token"


@pytest.mark.parametrize("path", ["", "/", "/events", "/../x"])
def test_with_it_the_app_may_answer(path):
    assert refusal(f"/secret{path}") is None


def test_orders_come_from_the_page_alone():
    assert refusal(method="POST", origin=OWN) is None
    assert refusal(method="POST", origin=OWN, sec_fetch_site="same-origin") is None
    for origin in (
        None,
        "null",
        "http" + "://evil.example",
        OWN + "0",
        "https" + OWN[4:],
        [OWN, OWN],
    ):
        assert refusal(method="POST", origin=origin) == "origin"
    for site in ("cross-site", "same-site", "none"):
        assert refusal(method="POST", origin=OWN, sec_fetch_site=site) == "origin"
    assert refusal(method="PUT") == "origin"


def test_what_another_page_asks_for_is_refused_but_for_opening_the_page():
    assert refusal(origin="http" + "://evil.example") == "origin"
    assert refusal(sec_fetch_site="same-origin") is refusal(sec_fetch_site="none") is None
    for mode, dest in (("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe")):
        asked = {"sec_fetch_site": "cross-site", "sec_fetch_mode": mode, "sec_fetch_dest": dest}
        assert refusal(**asked) == "origin"
    opened = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert refusal(sec_fetch_site="cross-site", **opened) is None


def test_on_an_address_that_was_asked_for():
    guard = Guard("secret", 80, "192.168.0.7")
    assert refusal(guard=guard, host="192.168.0.7") is None
    assert refusal(guard=guard, host="192.168.0.7:80") is None
    assert refusal(guard=guard, host="192.168.0.8") == "host"
    for everywhere, own in (("0.0.0.0", "10.0.0.3:8017"), ("::", "[fe80::1]:8017")):
        guard = Guard("secret", 8017, everywhere)
        assert refusal(guard=guard, host=own) is None
        assert refusal(guard=guard, host="evil.example:8017") == "host"


def test_a_token_of_other_letters_is_no_error():
    assert refusal("/\udcff/") == "token"


def test_headers_that_stand_twice_are_seen():
    assert headers_of([(b"Host", b"a"), (b"HOST", b"b")]) == {"host": ["a", "b"]}
