"""What is public, what importing it costs, and what no file may name."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

import pellucid

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pellucid"
MODULES = ["pellucid", *(m.name for m in pkgutil.walk_packages(pellucid.__path__, "pellucid."))]

HEAVY = ("numba", "matplotlib", "sklearn", "scipy", "torch", "rich", "typer", "pooch", "requests")
"""What `import pellucid` leaves for those who need it."""

TESTED_ELSEWHERE = {
    "kernels/compiling/elementary.py": "test_elementary.py",
    "export/c_convolutions.py": "export/test_c_layers.py",
    "export/c_dense.py": "export/test_c_layers.py",
    "export/c_int8_layers.py": "export/test_c_int8_file.py",
    "export/c_norms.py": "export/test_c_layers.py",
    "export/c_parts.py": "export/test_c_file.py",
    "export/c_pools.py": "export/test_c_layers.py",
    "export/c_winograd.py": "export/test_c_layers.py",
    "export/c_writing.py": "export/test_c_layers.py",
    "export/graph_values.py": "export/test_onnx_operators.py",
    "export/int8_reference.py": "export/test_int8.py",
    "export/onnx_constants.py": "export/test_onnx_operators.py",
    "export/onnx_session.py": "export/test_from_onnx.py",
    "export/onnx_vectors.py": "export/test_onnx_file.py",
    "export/onnx_walk.py": "export/test_onnx_operators.py",
    "export/onnx_windows.py": "export/test_onnx_operators.py",
    "export/torch_functions.py": "export/test_from_torch.py",
    "runs/imports.py": "cli/test_import_.py",
    "images/ranges.py": "images/test_augmentation.py",
    "kernels/entering/border.py": "kernels/entering/test_photo.py",
    "kernels/entering/colors.py": "kernels/entering/test_photo.py",
    "kernels/entering/erase.py": "kernels/entering/test_photo.py",
    "kernels/entering/pixels.py": "kernels/entering/test_photo.py",
    "kernels/plan_backward.py": "kernels/test_plan.py",
    "kernels/layers/conv2d/direct_ops.py": "kernels/test_plan.py",
    "kernels/layers/conv2d/winograd_filters_ops.py": (
        "kernels/layers/conv2d/test_winograd_filters.py"
    ),
    "kernels/program/blocks.py": "kernels/layers/conv2d/test_forward.py",
    "kernels/layers/conv2d/ops.py": "kernels/layers/conv2d/test_survivors.py",
    "kernels/layers/flatten.py": "kernels/program/test_layer_ops.py",
    "kernels/program/stages.py": "kernels/program/test_layer_ops.py",
    "kernels/program/draft.py": "kernels/test_plan.py",
    "kernels/layers/pool.py": "kernels/layers/test_maxpool2d.py",
    "network/layers/pool.py": "network/layers/test_maxpool2d.py",
    "kernels/program/loss.py": "network/loss/test_loss.py",
    "kernels/loss/columns.py": "test_every_loss.py",
    "kernels/loss/binarycrossentropy.py": "test_every_loss.py",
    "kernels/loss/huber.py": "test_every_loss.py",
    "kernels/loss/meanabsoluteerror.py": "test_every_loss.py",
    "kernels/loss/meansquarederror.py": "test_every_loss.py",
    "kernels/program/one_image.py": "kernels/test_plan_one_image.py",
    "kernels/program/ops.py": "kernels/test_plan.py",
    "plots/_checks.py": "plots/test_style.py",
}
"""Files without a test file of their own name, and the one that tests them."""

HOSTS = {
    "biometrics.nist.gov",
    "codh.rois.ac.jp",
    "fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "github.com",
    "mirror.example",
    "one.example",
    "ossci-datasets.s3.amazonaws.com",
    "raw.githubusercontent.com",
    "storage.googleapis.com",
    "two.example",
    "ufldl.stanford.edu",
    "www.cs.toronto.edu",
    "zenodo.org",
}
"""Every host that a file may name in an address: authors and mirrors of data sets."""


def modules():
    return [importlib.import_module(name) for name in MODULES if name != "pellucid.__main__"]


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_public_names_exist_and_are_documented(module):
    assert (module.__doc__ or "").strip()
    names = getattr(module, "__all__", [])
    assert len(names) == len(set(names))
    for name in names:
        assert not name.startswith("_")
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value) or inspect.ismodule(value):
            assert (value.__doc__ or "").strip(), name


def test_the_package_has_no_other_names():
    submodules = {name.split(".")[1] for name in MODULES if name.count(".") == 1}
    found = {name for name in dir(pellucid) if not name.startswith("_")}
    assert found - submodules == set(pellucid.__all__) - submodules
    assert list(pellucid.__all__) == sorted(pellucid.__all__)


@pytest.mark.parametrize("name", [n for n in pellucid.__all__ if n[0].isupper()])
def test_public_classes_document_their_methods(name):
    kind = getattr(pellucid, name)
    for attribute, value in vars(kind).items():
        inner = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if isinstance(inner, types.FunctionType | property) and not attribute.startswith("_"):
            assert (inspect.getdoc(inner) or "").strip(), attribute


def test_importing_is_light():
    code = f"import sys, pellucid; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_oracles_are_never_imported():
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {name.split(".")[0] for name in names} & {"torch", "cv2", "tests"}, file


def texts():
    """Return the project's own text files; its caches and what it writes are not among them."""
    kinds = {".py", ".md", ".toml", ".txt", ".cfg", ".ini", ".yml", ".yaml", ".ipynb"}
    kinds |= {".js", ".html", ".css"}
    folders = ("src", "docs", "tests", "benchmarks", "examples")
    files = [f for folder in folders for f in (ROOT / folder).rglob("*") if f.suffix in kinds]
    top = [f for f in ROOT.iterdir() if f.is_file() and f.name != ".git"]
    files += [f for f in top if f.suffix in kinds or not f.suffix]
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def test_no_file_names_a_path_of_a_machine():
    start = r"(?:^|(?<=[\s\"'`(=:]))"
    posix = start + r"/[A-Za-z][\w.-]*/[\w./-]+"
    windows = start + r"[A-Z]:\\\\?\w+"
    allowed = re.compile(r"/(?:usr/bin/env|usr/share/datasets|dev/\w+|proc/self/\w+|tmp)\b")
    for name, text in texts().items():
        found = re.findall(f"{posix}|{windows}", text, re.MULTILINE)
        assert [path for path in found if not allowed.match(path)] == [], name


def test_no_file_names_an_unknown_host():
    for name, text in texts().items():
        assert set(re.findall(r"https?://([\w.-]+)", text)) <= HOSTS, name


def test_the_spelling_is_american():
    british = (
        "artefact|behaviour|centre|colour|favour|grey|labelled|learnt|modelled|modelling|neighbour"
        "|(?:initial|normal|optim|organ|random|regular|serial|special|summar|vector)is(?:e|ing|ation)"
        "|analyse"
    )
    for name, text in texts().items():
        if name != "tests/test_public.py":
            # HTML has it in British English.
            own = text.replace("aria-labelledby", "")
            own = re.sub(r'"[\w+/]{80,}=*"', "", own)  # packed numbers
            assert re.findall(rf"(?i)\b\w*(?:{british})\w*", own) == [], name


def mirrored(module):
    path = Path(module)
    return (path.parent / f"test_{path.stem.lstrip('_')}.py").as_posix()


def source_files():
    files = [f for f in SOURCE.rglob("*.py") if not f.name.startswith("__")]
    return sorted(file.relative_to(SOURCE).as_posix() for file in files)


@pytest.mark.parametrize("module", source_files())
def test_every_file_has_its_test(module):
    expected = TESTED_ELSEWHERE.get(module, mirrored(module))
    assert (ROOT / "tests" / expected).is_file()


def test_the_room_of_kernels_names_its_files():
    opening = importlib.import_module("pellucid.kernels").__doc__
    room = SOURCE / "kernels"
    files = {file.stem for file in room.iterdir() if not file.name.startswith("_")}
    assert set(re.findall(r"``(\w+)``", opening)) == files


def test_exceptions_are_needed():
    for module in TESTED_ELSEWHERE:
        assert (SOURCE / module).is_file()
        assert not (ROOT / "tests" / mirrored(module)).exists()
