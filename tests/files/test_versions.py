from importlib.metadata import version

from pellucid.files.versions import current_versions, package_versions


def test_packages_have_their_versions_and_others_none():
    found = package_versions("numpy", "no-such-package", "numba")
    assert found == {
        "numpy": version("numpy"), "no-such-package": "unknown", "numba": version("numba"),
    }  # fmt: skip


def test_what_a_result_was_made_with():
    found = current_versions()
    assert list(found) == ["pellucid", "numpy", "numba", "python", "machine"]
    assert found["numpy"] == version("numpy")
    assert all(found.values())
