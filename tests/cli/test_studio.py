"""``pellucid studio``."""

import pytest

from pellucid.cli import studio as command
from pellucid.files.model_file import load_model, save_model
from pellucid.studio.server import serving
from pellucid.studio.server.token import own_token
from tests.cli.console import fails, invoke


@pytest.fixture
def served(monkeypatch):
    """Serve nothing; return what would have been served, and the browser's addresses."""
    found = []

    def serve(studio, listening, host, token, ready):
        found.append((studio, host, token))
        ready("the address")
        if studio.training is not None:
            studio.training.close()
        return 0

    monkeypatch.setattr(serving, "serve", serve)
    monkeypatch.setattr(command.webbrowser, "open", found.append)
    return found


def test_a_training_is_served_and_opened_in_the_browser(served, monkeypatch, tmp_path):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path))
    told = ["--data", "digits", "--images", 1024, "--batch-size", 128, "--port", 0]
    code, out, err = invoke("studio", *told, "--seed", 3, "--pace", 0)
    assert (code, out) == (0, "The studio is at the address\n")
    assert err.endswith("Ctrl-C ends it.\n")
    (studio, host, token), opened = served
    assert (host, opened, token) == ("127.0.0.1", "the address", own_token())
    assert (studio.training.total, studio.training.pace) == (8, None)


def test_no_browser_and_a_warning_where_others_can_reach_it(served):
    code, _, err = invoke(
        "studio", "--data", "digits", "--images", 1024, "--batch-size", 128, "--port", 0,
        "--no-browser", "--host", "0.0.0.0",
    )  # fmt: skip
    assert code == 0
    ((studio, host, token),) = served
    assert "Warning: on 0.0.0.0 everybody who reaches this machine and knows the address" in err
    assert (host, studio.training.pace) == ("0.0.0.0", 10.0)
    assert token != own_token()


def test_a_model_is_shown_and_can_be_trained_further(served, trained):
    code, _, err = invoke("studio", trained[0], "--port", 0, "--no-browser")
    assert code == 0, err
    ((studio, *_),) = served
    assert studio.training.is_paused
    assert "10 of the model's 10 classes go on" in err


def test_a_model_that_does_not_say_its_data_is_shown(served, model, tmp_path):
    import dataclasses

    path = tmp_path / "m.safetensors"
    save_model(path, dataclasses.replace(load_model(model), configuration={}))
    code, _, err = invoke("studio", path, "--port", 0, "--no-browser")
    assert code == 0, err
    assert "does not say what it was trained on; --data trains it further" in err
    ((studio, *_),) = served
    assert studio.training is None


def test_what_cant_be_is_told_in_a_line(monkeypatch, tmp_path):
    assert "didgits" in fails("studio", "--data", "didgits", "--port", 0)
    assert "--beside is" in fails("studio", "--beside", tmp_path / "none")
    assert fails("studio", tmp_path).startswith(f"Can't load the model {tmp_path}")
    with serving.opened("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert fails("studio", "--port", port).startswith(f"--port is {port}, which another")
    monkeypatch.setitem(__import__("sys").modules, "starlette", None)
    line = fails("studio")
    assert line.startswith("The studio needs starlette, which is not installed: pip install")
