"""What people type in place of a command, or in the wrong order, is answered by what to type."""

import numpy as np
import pytest

from pellucid import data
from pellucid.cli.commands import _INSTEAD, _INSTEAD_OF_DATA, _USE, _USE_OF_DATA
from pellucid.cli.main import COMMANDS
from pellucid.errors import DataError
from tests.cli.console import fails, invoke
from tests.cli.test_words import error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fit"], "No such command 'fit'; use 'pellucid train'."),
        (["Test", "m"], "No such command 'Test'; use 'pellucid evaluate'."),
        (["infer", "m", "a.png"], "use 'pellucid predict'."),
        (["download", "mnist"], "use 'pellucid data fetch'."),
        (["data", "get", "mnist"], "No such command 'get'; use 'pellucid data fetch'."),
        (["version"], "use 'pellucid --version'."),
        (["trian"], "Did you mean 'train'?"),
        (["--data", "mnist"], "No such option: --data; options stand behind the command, as in"),
        (["fi\x1b[31mt"], "No such command"),
    ],
)
def test_commands_of_habit(words, said):
    assert said in error(*words)


def test_every_word_has_one_meaning_and_is_no_command():
    for table, by_word in ((_USE, _INSTEAD), (_USE_OF_DATA, _INSTEAD_OF_DATA)):
        assert sum(len(words.split()) for words in table.values()) == len(by_word)
        assert not {*by_word} & {*COMMANDS}
        for command in table:
            assert invoke(*command.replace("--resume", "").split(), "--help")[0] == 0


def test_a_model_behind_its_pictures_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("a.npy", np.zeros((2, 28, 28), np.uint8))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.safetensors").touch()
    line = fails("predict", "a.npy", "run")
    assert line.endswith(" The model comes first: pellucid predict run IMAGE.")
    assert "comes first" not in fails("predict", "a.npy", "b.npy")


def test_addresses_are_not_fetched():
    with pytest.raises(DataError, match=r"^ftp://x\.org/a\.npz is an address; download it, and"):
        data.load("ftp://x.org/a.npz")
    with pytest.raises(DataError, match=r"it is an address; download it, and give the file\.$"):
        data.read_picture("ftp://x.org/a.png")
