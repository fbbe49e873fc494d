"""``pellucid summary``."""

from tests.cli.console import invoke


def test_summary_of_the_reference_network_and_of_a_file(model):
    code, out, err = invoke("summary")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].split() == ["total", "5,880"]
    assert invoke("summary", model) == (0, out, "")
