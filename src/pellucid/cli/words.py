"""Options by the names that people type out of habit: what to use in their place is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from typer.core import TyperCommand

from pellucid.console import printable
from pellucid.errors import did_you_mean

__all__ = ["AdvisingCommand", "advice"]

_USE = {
    "images": (
        "iterations iter max-iter steps max-steps samples n-images num-images total-images "
        "train-images"
    ),
    "epochs": "epoch e n-epochs num-epochs passes max-epochs",
    "time": "max-time time-limit time-budget timeout minutes budget",
    "recipe": "preset config conf hyp",
    "network": "model net arch architecture layers",
    "learning-rate": "lr learn-rate rate alpha eta",
    "batch-size": "batch bs b batchsize minibatch",
    "out": "output output-dir outdir out-dir output-folder o save save-dir save-path logdir dest",
    "data": (
        "dataset data-set d data-dir datadir data-path train-data test-data training-data input "
        "folder path train-dir test-dir images-dir"
    ),
    "workers": "threads n-threads num-threads jobs n-jobs j num-workers cores cpus processes",
    "seed": "random-state random-seed rng",
    "size": "image-size img-size imgsz image-shape input-shape input-size resize shape s",
    "overwrite": "force f replace clobber",
    "resume": "continue restart from-checkpoint load-checkpoint resume-from",
    "checkpoint-every": "checkpoint checkpoints save-every save-freq save-interval",
    "test-share": ("test-size test-split split test-fraction"),
    "validation-share": (
        "val-split validation-split validation-fraction val-share val validation valid validate "
        "validation-data val-data val-size"
    ),
    "skip-bad": "ignore-bad ignore-errors skip-errors skip",
    "beta1": "beta-1 beta",
    "optimizer": "optim opt solver",
    "weight-decay": "wd l2 regularization",
    "clip-norm": "clip grad-clip gradient-clip clip-grad clipnorm max-grad-norm max-norm",
    "schedule": "scheduler lr-schedule lr-scheduler sched",
    "warmup": "warmup-steps warmup-epochs warm-up pct-start",
    "average": "ema swa averaging average-weights model-ema",
    "average-decay": "ema-decay",
    "average-start": "swa-start",
    "beta2": "beta-2",
    "eps": "epsilon",
    "randomize": (
        "augment augmentation aug data-augmentation no-augment no-augmentation no-aug no-randomize"
    ),
    "mixup": "mix-up mixup-alpha",
    "rotation": "rotate degrees angle",
    "shift": "translate translation",
    "fit": "center preprocessing preprocess",
    "mirror": "flip hflip horizontal-flip random-flip fliplr",
    "crop": "random-crop random-resized-crop zoom",
    "brightness": "color-jitter jitter colors",
    "erase": "cutout random-erasing random-erase erasing",
    "border": "padding-mode border-mode fill-mode",
    "executor": "backend distributed cluster dask mpi",
    "csv": "output-csv to-csv as-csv",
    "json": "to-json as-json output-json format output-format",
    "kaggle": "submission submit",
    "unknown": "threshold reject rejection ood confidence min-confidence",
    "false-alarms": "false-alarm false-alarm-rate fpr contamination",
    "confusion": "confusion-matrix cm matrix",
}
"""What is typed, by the option that does it."""

_CPU = "Pellucid computes on the processor alone; --workers says with how many threads"
_QUIET = "progress goes to standard error and results to standard output, so leave it out"
_NETWORK = (
    "--network says the layers, such as 'Conv2D(16, 3), ReLU, Flatten', and how many classes there "
    "are the data tell"
)
_LOSS = "the loss of classes is cross-entropy"
_ARGUMENT = "the {} has no option in front of it: pellucid {} {}"
_SAY = {
    _CPU: "gpu gpus device cuda cpu mps use-gpu no-cuda",
    _QUIET: "verbose v quiet q progress silent no-progress",
    _NETWORK: ("filters classes num-classes n-classes dropout"),
    _LOSS: "loss criterion",
}
"""What is typed though nothing does it, by what is said."""

_INSTEAD = {word: option for option, words in _USE.items() for word in words.split()}
_SAID = {word: line for line, words in _SAY.items() for word in words.split()}
_MODEL = ("model", "m", "weights", "model-path", "checkpoint", "load", "run")
_PICTURES = ("image", "picture", "pictures", "images", "i", "file", "files", "data", "source")


def advice(typed: str, command: str, options: Iterable[str], takes: Sequence[str] = ()) -> str:
    """Return what to say of an option that a command lacks: what does it, if anything.

    Parameters
    ----------
    typed : str
        The option as it was typed, such as ``"--epochs"``.
    command : str
        The command's name.
    options : iterable of str
        The options that it has, such as ``"--images"``.
    takes : sequence of str
        The arguments that it takes, such as ``"MODEL"``.

    Examples
    --------
    >>> advice("--lr", "train", ["--learning-rate", "--eps"])
    'use --learning-rate'
    >>> advice("--model", "evaluate", ["--data"], ["MODEL"])
    'the model has no option in front of it: pellucid evaluate MODEL'
    >>> advice("--imagse", "train", ["--images"])
    "Did you mean '--images'?"
    """
    known = list(options)
    word = typed.lstrip("-").lower().replace("_", "-")
    if f"--{word}" in known:  # --batch_size, --Images
        return f"use --{word}"
    found = _argument(word, command, takes) or _instead(word, command, known) or _SAID.get(word)
    return found or did_you_mean(f"--{word}", known).strip()


def _argument(word: str, command: str, takes: Sequence[str]) -> str:
    """Return that something is given without an option, where it is."""
    kind = ""
    if word in _MODEL and {"MODEL", "RUN"} & {*takes}:
        kind = "model" if "MODEL" in takes else "run"
    elif "IMAGE" in takes and (word in _PICTURES or _INSTEAD.get(word) == "data"):
        kind = "picture"
    return _ARGUMENT.format(kind, command, " ".join(takes)) if kind else ""


def _instead(word: str, command: str, known: Sequence[str]) -> str:
    """Return which option does what a word stands for."""
    option = _INSTEAD.get(word, word if word in _USE else None)
    if option is None:
        return ""
    if f"--{option}" in known:
        return f"use --{option}{_IN_OTHER_WORDS.get(word, '')}"
    return "" if command == "train" else f"'pellucid {command}' has nothing like it"


_IN_OTHER_WORDS = dict.fromkeys(
    ("no-augment", "no-augmentation", "no-aug", "no-randomize"), " none"
)
"""What is said beside the option where its values mean something else."""


class AdvisingCommand(TyperCommand):
    """A command that knows what people type in place of its options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what was typed; an option that is not there is answered by what does it."""
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            # Click's NoSuchOption, which Typer has under other names from version to version.
            typed = getattr(error, "option_name", None)
            if typed is None or not hasattr(error, "possibilities"):
                raise
            options = [o for p in self.params for o in (*p.opts, *p.secondary_opts) if o[:1] == "-"]
            takes = [p.metavar for p in self.params if p.param_type_name == "argument"]
            said = advice(typed, str(self.name), options, [t for t in takes if t])
            error.possibilities = None
            error.message = _message(typed, str(self.name), said)  # type: ignore[attr-defined]
            raise


def _message(typed: str, command: str, said: str) -> str:
    if not said:
        return f"No such option: {printable(typed)}. 'pellucid {command} --help' lists them."
    if said.endswith("?"):
        return f"No such option: {printable(typed)}. {said}"
    return f"No such option: {printable(typed)}; {said}."
