import os
import stat

import pytest

from pellucid.studio.server.token import NAME, new_token, own_token


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_it_stays_and_nobody_else_can_read_it(cache):
    first = own_token()
    assert own_token() == first
    assert len(first) == 32
    if os.name == "posix":
        assert stat.S_IMODE((cache / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "short", "a" * 65, "a" * 31 + "/", "ü" * 32])
def test_what_is_no_token_is_made_anew(cache, text):
    own_token()
    (cache / NAME).write_text(text, "utf-8")
    found = own_token()
    assert found != text
    assert (cache / NAME).read_text() == found == own_token()


@pytest.mark.skipif(os.name != "posix", reason="the others' rights are those of POSIX")
def test_one_that_others_may_read_is_made_anew(cache):
    first = own_token()
    (cache / NAME).chmod(0o644)
    assert own_token() != first


def test_where_none_can_be_kept_there_is_one_all_the_same(cache):
    cache.write_text("a file")
    assert own_token() != own_token()
    assert new_token() != new_token()
