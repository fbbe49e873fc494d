"""A cache of a test's own for what it reads and fetches; kernels stay where all tests keep them."""

from pellucid.files.atomic import cache_folder


def use_own_cache(tmp_path, monkeypatch):
    """Let the cache be a folder of the test's own; compiling anew there would take minutes."""
    kernels = cache_folder() / "kernels"
    kernels.mkdir(parents=True, exist_ok=True)
    own = tmp_path / "cache"
    own.mkdir()
    (own / "kernels").symlink_to(kernels, target_is_directory=True)
    monkeypatch.setenv("PELLUCID_CACHE", str(own))
    return own
