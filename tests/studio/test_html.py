import json
import re

from pellucid.studio.html import page_of
from tests.studio.test_content import content


def test_the_page_is_one_file_that_loads_nothing():
    page = page_of(content()[0])
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in page
    assert not re.search(r"https?:", page)
    assert not re.search(r"<(?:script|img|iframe)[^>]*\bsrc=|<link[^>]*href=\"(?!data:)", page)
    assert "{{" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_no_text_ends_its_element():
    held, _ = content()
    held["title"] = "<b> & {{data}} </script>"
    held["classes"][0] = "</script><!-- {{style}}"
    page = page_of(held)
    assert "<title>&lt;b&gt; &amp; {{data}} &lt;/script&gt;</title>" in page
    (data,) = re.findall(r'<script type="application/json" id="content">(.*?)</script>', page)
    assert json.loads(data) == held
    assert page.count("</script>") == 2


def test_only_the_studio_follows_a_server():
    held, _ = content()
    page, live = page_of(held), page_of(held | {"live": {}})
    assert "EventSource" not in page
    assert "connect-src" not in page
    assert "EventSource" in live
    assert "default-src 'none'" in live
    assert "; connect-src 'self'\"" in live
    assert ".steering" in live
    assert ".steering" not in page
