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
        "iterations iter iters max-iter steps max-steps total-steps samples n-images num-images "
        "total-images train-images max-images max-train-samples limit"
    ),
    "epochs": "epoch e n-epochs num-epochs num-train-epochs passes max-epochs nb-epochs",
    "time": "max-time time-limit time-budget timeout minutes budget",
    "recipe": "preset config config-file cfg conf hyp params",
    "network": "model net arch architecture layers model-name backbone",
    "learning-rate": "lr lr0 learn-rate rate alpha eta base-lr max-lr",
    "batch-size": (
        "batch bs b batchsize minibatch train-batch-size per-device-train-batch-size "
        "batch-size-train"
    ),
    "out": (
        "output output-dir outdir out-dir output-folder output-path o save save-dir save-path "
        "logdir log-dir dest destination project run-dir exp-dir experiment model-dir save-model"
    ),
    "data": (
        "dataset data-set dataset-name d data-dir datadir data-path data-root root train-data "
        "test-data training-data input input-dir folder dir path train-dir test-dir images-dir "
        "image-dir csv-file train-csv"
    ),
    "workers": "threads n-threads num-threads jobs n-jobs j num-workers nproc cores cpus processes",
    "seed": "random-state random-seed manual-seed rng",
    "size": (
        "image-size img-size imgsz image-shape input-shape input-size resize shape s width height"
    ),
    "overwrite": "force f replace clobber exist-ok overwrite-output-dir",
    "resume": "continue restart from-checkpoint load-checkpoint resume-from",
    "checkpoint-every": (
        "checkpoint checkpoints save-every save-freq save-interval save-period save-steps"
    ),
    "keep": "save-total-limit max-to-keep checkpoint-hist keep-checkpoints",
    "test-share": "test-size test-split split test-fraction test-ratio train-split train-size",
    "validation-share": (
        "val-split validation-split validation-fraction val-share val validation valid validate "
        "validation-data val-data val-size val-ratio val-dir validation-dir do-eval"
    ),
    "label": (
        "target target-column label-column label-col class-column label-column-name labels y"
    ),
    "follow-links": "follow-symlinks symlinks",
    "skip-bad": "ignore-bad ignore-errors skip-errors skip",
    "beta1": "beta-1 beta",
    "optimizer": "optim opt solver",
    "weight-decay": "wd l2 regularization",
    "clip-norm": "clip grad-clip gradient-clip clip-grad clipnorm max-grad-norm max-norm",
    "schedule": "scheduler lr-schedule lr-scheduler lr-scheduler-type sched cos-lr lr-decay decay",
    "warmup": "warmup-steps warmup-epochs warmup-ratio warm-up pct-start",
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
    "brightness": "color-jitter jitter colors hsv-v",
    "saturation": "hsv-s",
    "hue": "hsv-h",
    "erase": "cutout random-erasing random-erase erasing reprob",
    "border": "padding-mode border-mode fill-mode",
    "executor": "backend distributed cluster dask mpi",
    "csv": "output-csv to-csv as-csv",
    "json": "to-json as-json output-json format output-format",
    "kaggle": "submission submit",
    "unknown": "threshold reject rejection ood confidence min-confidence",
    "false-alarms": "false-alarm false-alarm-rate fpr contamination",
    "confusion": "confusion-matrix cm matrix plot plots",
    "views": "tta test-time-augmentation",
    "to": "format-to target-format type",
    "verify": "check validate-export",
}
"""What is typed, by the option that does it."""

_CPU = "Pellucid computes on the processor alone; --workers says with how many threads"
_QUIET = "progress goes to standard error and results to standard output, so leave it out"
_NETWORK = (
    "--network says the layers, such as 'Conv2D(16, 3), ReLU, Flatten', and how many classes there "
    "are the data tell"
)
_LOSS = "the loss of classes is cross-entropy"
_FLOATS = "Pellucid computes in 32 bits, the same on every machine, so leave it out"
_LOGS = "a run writes history.csv, metrics.json and report.html into its folder, so leave it out"
_SHELL = "results go to standard output; write them to a file with > predictions.csv behind --csv"
_BEST = "every class's probability is in what --csv and --json print"
_ARGUMENT = "the {} has no option in front of it: pellucid {} {}"
_SAY = {
    _CPU: "gpu gpus device cuda cpu mps use-gpu no-cuda",
    _QUIET: "verbose v quiet q progress silent no-progress",
    _NETWORK: ("filters classes num-classes n-classes dropout"),
    _LOSS: "loss criterion loss-function",
    _FLOATS: "amp fp16 bf16 half precision mixed-precision dtype",
    _LOGS: "tensorboard wandb log log-interval logging-steps print-freq log-every",
}
"""What is typed though nothing does it, by what is said."""

_TO_PREDICT = {
    **dict.fromkeys(("out", "output", "o", "save", "output-file", "out-file", "dest"), _SHELL),
    **dict.fromkeys(("top-k", "topk", "proba", "probabilities", "probs", "scores"), _BEST),
    **dict.fromkeys(("recursive", "r"), "folders are gone through with all that is below them"),
    "size": "pictures of any size are brought to the model's own",
}
"""What is typed behind ``pellucid predict``, by what is said."""

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
    found = _argument(word, command, takes) or _predicting(word, command)
    found = found or _instead(word, command, known) or _SAID.get(word, "")
    return found or _near(word, known)


def _near(word: str, known: Sequence[str]) -> str:
    """Return which option is meant, where one has nearly the same letters; not counting its --."""
    near = did_you_mean(word, [option.lstrip("-") for option in known])
    return near.replace("'", "'--", 1).strip()


def _predicting(word: str, command: str) -> str:
    if command != "predict":
        return ""
    return _TO_PREDICT.get(_INSTEAD.get(word, word)) or _TO_PREDICT.get(word, "")


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
        """Parse what was typed; an option that is not there is answered by what does it.

        So is a word that stands where nothing is taken.
        """
        ctx.allow_extra_args = True  # they are refused below, in other words
        words = list(args)
        try:
            rest = super().parse_args(ctx, args)
            if ctx.args and not ctx.resilient_parsing:
                ctx.fail(misplaced(ctx.args, str(self.name), self._options(), words))
            return rest
        except Exception as error:
            # Click's NoSuchOption, which Typer has under other names from version to version.
            typed = getattr(error, "option_name", None)
            if typed is None or not hasattr(error, "possibilities"):
                raise
            options = self._options()
            takes = [p.metavar for p in self.params if p.param_type_name == "argument"]
            said = advice(typed, str(self.name), options, [t for t in takes if t])
            error.possibilities = None
            error.message = _message(typed, str(self.name), said)  # type: ignore[attr-defined]
            raise

    def _options(self) -> list[str]:
        return [o for p in self.params for o in (*p.opts, *p.secondary_opts) if o[:1] == "-"]


_WITH_NAMES = ("--data", "--out", "--network", "--label", "--time")
"""Options whose values people give with spaces."""


def misplaced(
    words: Sequence[str], command: str, options: Iterable[str], typed: Sequence[str]
) -> str:  # fmt: skip
    """Return what to say of words that stand where a command takes none.

    Parameters
    ----------
    words : sequence of str
        Those that are too many.
    command : str
        The command's name.
    options : iterable of str
        Those that it has.
    typed : sequence of str
        All that was typed.

    Examples
    --------
    >>> misplaced(["pictures"], "train", ["--data"], ["pictures"])
    "'pellucid train' takes its data behind an option: --data pictures."
    >>> misplaced(["flowers"], "train", ["--data"], ["--data", "my", "flowers"])
    "'flowers' is one word too many; a name with spaces is put in quotes, as --data 'my flowers'."
    """
    shown, known = " ".join(map(printable, words)), set(options)
    many = "is one word" if len(words) == 1 else f"are {len(words)} words"
    place = typed.index(words[0]) if words[0] in typed else 0
    if place >= 2 and typed[place - 2] in _WITH_NAMES:
        option, first = typed[place - 2 : place]
        return (
            f"'{shown}' {many} too many; a name with spaces is put in quotes, as {option} "
            f"'{printable(first)} {shown}'."
        )
    if {"--out", "--to"} <= known and "--out" not in typed:
        return f"'pellucid {command}' takes the file to write behind an option: --out {shown}."
    if "--data" in known and "--data" not in typed:
        joined = "+".join(map(printable, words))
        return f"'pellucid {command}' takes its data behind an option: --data {joined}."
    return f"'{shown}' {many} too many. 'pellucid {command} --help' says what it takes."


def _message(typed: str, command: str, said: str) -> str:
    if not said:
        return f"No such option: {printable(typed)}. 'pellucid {command} --help' lists them."
    if said.endswith("?"):
        return f"No such option: {printable(typed)}. {said}"
    return f"No such option: {printable(typed)}; {said}."
