"""What the commands that take a model have in common: ``evaluate``, ``predict``, ``summary``."""

import shutil

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
        ("folder", "it is a folder without model.safetensors; name a model's file, or a folder"),
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


@pytest.mark.parametrize("command", ["evaluate", "predict", "summary"])
def test_a_run_s_folder_is_its_model(command, trained, model, pictures):
    more = {"evaluate": ["--data", "digits"], "predict": [pictures[0]], "summary": []}[command]
    expected = invoke(command, model, *more)
    assert expected[0] == 0
    assert invoke(command, trained[0], *more) == expected


def test_a_run_without_a_model_yet(finished, tmp_path):
    shutil.copytree(finished / "checkpoints", tmp_path / "run" / "checkpoints")
    assert fails("evaluate", tmp_path / "run") == (
        f"The run in {tmp_path / 'run'} has written no model yet; go on with it: pellucid train "
        f"--out {tmp_path / 'run'} --resume."
    )
