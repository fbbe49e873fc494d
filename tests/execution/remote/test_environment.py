import dataclasses
from pathlib import Path

import pytest

import pellucid
from pellucid.errors import ExecutorError
from pellucid.execution.remote.environment import CODE, check_worker, code_digest, environment


def test_the_environment_names_what_bits_depend_on():
    found = environment()
    assert {name for name, _ in found.software} == {
        "pellucid", "numpy", "numba", "llvmlite", "pellucid's code",
    }  # fmt: skip
    check_worker(found, found, "host")


@pytest.mark.parametrize("name", ["pellucid", "numpy", "numba", "llvmlite", "pellucid's code"])
def test_other_software_is_refused(name):
    driver = environment()
    theirs = tuple((n, "0.1" if n == name else v) for n, v in driver.software)
    with pytest.raises(ExecutorError, match=rf"on far has {name} 0\.1, the driver has .*; install"):
        check_worker(driver, dataclasses.replace(driver, software=theirs), "far")
    fewer = tuple((n, v) for n, v in driver.software if n != name)
    with pytest.raises(ExecutorError, match=rf"has {name} missing, the driver has "):
        check_worker(driver, dataclasses.replace(driver, software=fewer), "far")


def test_the_code_of_a_section_is_compared_however_deep_it_lies(tmp_path):
    (tmp_path / "kernels" / "layers").mkdir(parents=True)
    file = tmp_path / "kernels" / "layers" / "relu.py"
    found = set()
    for text in ("a", "b"):
        file.write_text(text)
        found.add(code_digest(tmp_path, ("kernels/**/*.py",)))
    file.rename(file.with_name("tanh.py"))
    found.add(code_digest(tmp_path, ("kernels/**/*.py",)))
    assert len(found) == 3


def test_a_pattern_that_matches_nothing_is_no_agreement(tmp_path):
    with pytest.raises(ExecutorError, match=r"matches 'moved/\*\.py', so .*; install Pellucid"):
        code_digest(tmp_path, ("moved/*.py",))


def test_all_that_a_section_runs_through_is_compared():
    package = Path(pellucid.__path__[0])
    compared = {file for pattern in CODE for file in package.glob(pattern)}
    assert {*package.joinpath("kernels").rglob("*.py")} <= compared
    assert {*package.joinpath("execution").rglob("*.py")} <= compared
