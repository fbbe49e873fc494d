"""What the commands that take a model have in common: ``evaluate``, ``predict``, ``summary``."""

import pytest

from tests.cli.console import fails, invoke


def bad_model(kind, model, folder):
    path = folder / "bad.safetensors"
    if kind == "truncated":
        path.write_bytes(model.read_bytes()[:10_000])
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("a model")
    return path


@pytest.mark.parametrize("command", ["evaluate", "predict", "summary"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "there is no such file."),
        ("truncated", "it is damaged, cut off, or no safetensors file"),
        ("folder", "it is a folder."),
        ("empty", "it is empty (0 bytes)."),
        ("text", "it is damaged, cut off, or no safetensors file"),
    ],
)
def test_a_model_that_is_none(command, kind, reason, model, tmp_path):
    path = bad_model(kind, model, tmp_path)
    more = {"evaluate": ["--data", "digits"], "predict": ["picture.png"], "summary": []}[command]
    line = fails(command, path, *more)
    assert line.startswith(f"Can't load the model {path}: {reason}")


@pytest.mark.parametrize("columns", [60, 80])
def test_tables_fit_a_narrow_terminal(model, pictures, columns):
    for arguments in (
        ["predict", model, *pictures],
        ["evaluate", model, "--data", "digits"],
        ["data", "list"],
        ["summary"],
    ):
        code, out, _ = invoke(*arguments, COLUMNS=str(columns))
        assert code == 0
        assert max(map(len, out.splitlines())) <= columns
