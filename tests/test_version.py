from importlib.metadata import version

import pellucid


def test_the_package_says_its_version():
    assert pellucid.__version__ == version("pellucid")
