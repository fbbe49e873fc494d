import shutil
import subprocess

import pytest

from tests.studio.node import PAGE


@pytest.mark.skipif(shutil.which("tsc") is None, reason="TypeScript is not installed")
def test_the_types_in_the_comments_of_the_page_are_true():
    options = (
        "--checkJs --allowJs --noEmit --target es2022 --module nodenext "
        "--moduleResolution nodenext --lib dom,dom.iterable,es2023 --skipLibCheck"
    )
    done = subprocess.run(
        ["tsc", *options.split(), *map(str, PAGE.glob("*.js"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
