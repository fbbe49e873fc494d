"""What docs/guide/deploying.md shows in other languages than Python works as written there."""

import contextlib
import functools
import re
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from pellucid.export import to_c, to_onnx, to_torch
from tests.export.compilers import COMPILERS, needs_compiler
from tests.export.cortex import BOARD, CXX, needs_cortex, run_on_cortex
from tests.export.examples import X, classifier
from tests.studio.browser import CHROMIUM, Browser, needs_browser

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guide" / "deploying.md").read_text("utf-8")
WEB = ROOT / "node_modules" / "onnxruntime-web" / "dist"


def block(language, about):
    """Return the one block of a language that has some text."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    [text] = [text for text in found if about in text]
    return text


def rows(images):
    """Return images as an array of C has them."""
    return ",\n".join("{" + ", ".join(f"{value:.1f}f" for value in row) + "}" for row in images)


@needs_compiler
def test_the_first_lines_of_c(tmp_path):
    to_c(classifier(), tmp_path / "digits.c")
    include, use = block("c", "const char *name").split("\n\n")
    filled = use.replace(
        "float image[", f"static const float given[] = {rows(X[:1])};\nfloat image["
    )
    filled = filled.replace("int place", "memcpy(image, given, sizeof image);\nint place")
    (tmp_path / "use.c").write_text(
        f"#include <stdio.h>\n#include <string.h>\n{include}\n"
        f"int main(void)\n{{\n{filled}    puts(name);\n    return 0;\n}}\n"
    )
    command = [COMPILERS[0], "-std=c99", "use.c", "digits.c", "-lm", "-o", "use"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "use"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{classifier().predict(X[:1])[0]}\n"


@needs_compiler
def test_the_command_that_compiles_and_checks(tmp_path):
    to_c(classifier(), tmp_path / "digits.c")
    command = block("text", "DIGITS_MAIN").replace("cc ", f"{COMPILERS[0]} ", 1)
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("10 images, largest difference ")


@needs_cortex
def test_the_sketch_of_an_arduino(tmp_path):
    to_c(classifier(), tmp_path / "digits.c")
    (tmp_path / "sketch.cpp").write_text(
        f"#include <stdio.h>\nstatic const float images[][64] = {{\n{rows(X[:40])}\n}};\n"
        "static unsigned at;\n"
        "static void read_sensor(float *image)\n{\n"
        "    for (int k = 0; k < 64; k++) image[k] = images[at][k];\n}\n"
        "static struct { void println(const char *line) { puts(line); } } Serial;\n"
        f"{block('c', 'void loop()')}"
        "int main() { for (at = 0; at < 40; at++) loop(); }\n"
    )
    strict = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti"]
    subprocess.run([CXX, *strict, *BOARD, "-c", "sketch.cpp"], cwd=tmp_path, check=True)
    said = run_on_cortex(tmp_path, "sketch.o", "digits.c").split()
    probabilities = classifier().predict_proba(X[:40])
    sure = probabilities.max(axis=1) > 0.9
    assert said == [str(place) for place in probabilities.argmax(axis=1)[sure]]
    assert len(said) > 10


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(folder):
    """Serve a folder on this machine; give its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield "http://{}:{}".format(*server.server_address[:2])
        finally:
            server.shutdown()
            thread.join()


@needs_browser
@pytest.mark.skipif(not WEB.is_dir(), reason="npm install --no-save onnxruntime-web")
def test_the_lines_for_a_browser(tmp_path):
    to_onnx(classifier(), tmp_path / "digits.onnx")
    for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"):
        shutil.copy(WEB / name, tmp_path)
    lines = block("js", "onnxruntime-web").replace("console.log(", "window.said = (").replace(
        "new Float32Array(8 * 8);", f"Float32Array.from({X[7].tolist()});"
    )  # fmt: skip
    (tmp_path / "index.html").write_text(
        '<!doctype html><script type="importmap">{"imports": {"onnxruntime-web": '
        '"./ort.wasm.min.mjs"}}</script><script type="module">\n'
        + lines.replace("(Number(", "[Number(").replace(
            "probabilities.data)", "[...probabilities.data]]"
        )
        + "</script>"
    )
    assert CHROMIUM is not None
    with serving(tmp_path) as address, Browser(tmp_path / "profile") as browser:
        browser._ask("Page.navigate", url=f"{address}/index.html")
        browser.wait("!!window.said")
        place, probabilities = browser.run("window.said")
    assert place == classifier().predict(X[7:8])[0]
    np.testing.assert_allclose(probabilities, classifier().predict_proba(X[7:8])[0], atol=1e-5)


def test_the_lines_for_pytorch(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    to_torch(classifier(), tmp_path / "digits.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, object] = {}
    exec(compile(block("py", "digits.load()"), "digits", "exec"), names)
    assert names["logits"].shape == (5, 10)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(3600, 2)
    )
    names = {"module": module}
    exec(compile(block("py", "normalize="), "from_torch", "exec"), names)
    assert names["model"].classes == ("cat", "dog")
    assert (tmp_path / "from_torch.safetensors").is_file()
