"""The page that a teacher downloads is today's, small, and right."""

from pellucid.studio.html import page_of
from tests.studio.node import needs_node, run_in_node
from tests.studio.reference_page import PAGE, content_in

PROVE = """
import { unpacked } from "./data.js";
import { proving } from "./proof.js";
say([...proving(unpacked(given))].at(-1));
"""


def test_it_is_the_page_as_it_is_today():
    page = PAGE.read_text("utf-8")
    # If not: python -m tests.studio.reference_page
    assert page == page_of(content_in(page))
    assert len(page) < 1_000_000


@needs_node
def test_its_network_says_what_it_said_in_python():
    content = content_in(PAGE.read_text("utf-8"))
    found = run_in_node(PROVE, content)
    assert (found["images"], found["agrees"]) == (10, True)
    examples = content["examples"]
    pairs = [*zip(examples["labels"], examples["said"], strict=True)]
    assert len(pairs) == 100
    assert sum(label == said for label, said in pairs) == 80  # a fifth are mistakes, on purpose
