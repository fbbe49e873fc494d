import re

from tests.cli.console import fails, invoke


def test_data_list():
    code, out, err = invoke("data", "list")
    assert (code, err) == (0, "")
    for name in ("mnist", "digits", "digits8"):
        assert re.search(rf"^\W*{name}\s", out, re.MULTILINE)


def test_data_list_says_what_is_not_there(tmp_path):
    _, out, _ = invoke("data", "list", PELLUCID_CACHE=str(tmp_path))
    assert re.search(r"^\W*mnist\s.*not fetched yet", out, re.MULTILINE)


def test_data_fetch():
    assert invoke("data", "fetch", "digits") == (
        0,
        "digits: 1,437 training and 360 test images, bundled with scikit-learn.\n",
        "",
    )
    assert fails("data", "fetch", "minst").startswith(
        "There is no data set 'minst' to fetch. Did you mean 'mnist'? Known: mnist, "
    )
