import dataclasses

import pytest

from pellucid.errors import ExecutorError
from pellucid.execution.environment import check_worker, environment


def test_the_environment_names_what_bits_depend_on():
    found = environment()
    assert {name for name, _ in found.software} == {
        "pellucid", "numpy", "numba", "llvmlite", "pellucid's code",
    }  # fmt: skip
    assert found.processor
    assert check_worker(found, found, "host") == ""


@pytest.mark.parametrize("name", ["pellucid", "numpy", "numba", "llvmlite", "pellucid's code"])
def test_other_software_is_refused(name):
    driver = environment()
    theirs = tuple((n, "0.1" if n == name else v) for n, v in driver.software)
    with pytest.raises(ExecutorError, match=rf"on far has {name} 0\.1, the driver has .*; install"):
        check_worker(driver, dataclasses.replace(driver, software=theirs), "far")
    fewer = tuple((n, v) for n, v in driver.software if n != name)
    with pytest.raises(ExecutorError, match=rf"has {name} missing, the driver has "):
        check_worker(driver, dataclasses.replace(driver, software=fewer), "far")


def test_another_processor_is_told():
    driver = dataclasses.replace(environment(), processor="znver5")
    worker = dataclasses.replace(driver, processor="skylake")
    note = check_worker(driver, worker, "far")
    assert note.startswith("The worker on far has another processor (skylake, the driver's is znve")
