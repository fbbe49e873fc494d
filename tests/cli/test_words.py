"""What people type in place of an option is answered by what does it."""

import pytest

from pellucid.cli.words import _INSTEAD, _SAID, _USE, advice
from tests.cli.console import invoke


def error(*words):
    code, out, err = invoke(*words, COLUMNS="200")
    assert (code, out) == (2, "")
    return " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("--epoch", "No such option: --epoch; use --epochs."),
        ("--steps", "use --images."),
        ("--time-limit", "use --time."),
        ("--scheduler", "use --schedule."),
        ("--ema", "use --average."),
        ("--wd", "use --weight-decay."),
        ("--max-grad-norm", "use --clip-norm."),
        ("--val-split", "use --validation-share."),
        ("--criterion", "the loss of classes is cross-entropy"),
        ("--lr", "No such option: --lr; use --learning-rate."),
        ("--learning_rate", "use --learning-rate."),
        ("--batch", "use --batch-size."),
        ("--bs", "use --batch-size."),
        ("--output", "use --out."),
        ("-o", "No such option: -o; use --out."),
        ("--dataset", "use --data."),
        ("--model", "use --network."),
        (
            "--num-classes",
            "; --network says the layers, such as 'Conv2D(16, 3), ReLU, Flatten', and",
        ),
        ("--gpu", "Pellucid computes on the processor alone; --workers says with"),
        ("--device", "Pellucid computes on the processor alone"),
        ("--augment", "use --randomize."),
        ("--no-augment", "use --randomize none."),
        ("--image", "Did you mean '--images'?"),
        ("--confg", "No such option: --confg. 'pellucid train --help' lists them."),
        ("--config", "use --recipe."),
        ("--lr0", "use --learning-rate."),
        ("--num_train_epochs", "use --epochs."),
        ("--per_device_train_batch_size", "use --batch-size."),
        ("--save-total-limit", "use --keep."),
        ("--amp", "Pellucid computes in 32 bits, the same on every machine, so leave it out."),
        ("--wandb", "a run writes history.csv, metrics.json and report.html into its folder"),
        ("--target-column", "use --label."),
        ("--qwxz", "No such option: --qwxz. 'pellucid train --help' lists them."),
    ],
)
def test_train(typed, said):
    assert said in error("train", typed, "3")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["evaluate", "--model", "m"],
            "the model has no option in front of it: pellucid evaluate ",
        ),
        (["predict", "m", "--data", "f"], "the picture has no option in front of it: pellucid pre"),
        (["verify", "--model", "m"], "the run has no option in front of it: pellucid verify RUN."),
        (["evaluate", "m", "--epochs", "3"], "'pellucid evaluate' has nothing like it."),
        (["evaluate", "m", "--network", "n"], "'pellucid evaluate' has nothing like it."),
        (["evaluate", "m", "--config", "n"], "'pellucid evaluate' has nothing like it."),
        (["evaluate", "m", "--patience", "3"], "No such option: --patience. 'pellucid evaluate -"),
        (["evaluate", "m", "--test-dir", "f"], "use --data."),
        (["predict", "m", "a.png", "-o", "p.csv"], "write them to a file with > predictions.csv"),
        (["predict", "m", "a.png", "--topk", "5"], "every class's probability is in what --csv"),
        (["predict", "m", "f", "-r"], "folders are gone through with all that is below them."),
        (["predict", "m", "f", "--img-size", "9"], "brought to the model's own."),
    ],
)
def test_other_commands(words, said):
    assert said in error(*words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "a"], "'pellucid train' takes its data behind an option: --data a."),
        (["train", "a.csv", "b.csv", "--epochs", "3"], "behind an option: --data a.csv+b.csv."),
        (["train", "--data", "my", "own", "set"], "'own set' are 2 words too many; a name with"),
        (["train", "--data", "my", "own", "set"], "is put in quotes, as --data 'my own set'."),
        (["evaluate", "m", "pictures"], "takes its data behind an option: --data pictures."),
        (["verify", "run", "pictures"], "takes its data behind an option: --data pictures."),
        (["export", "m", "a.onnx", "--to", "onnx", "--out", "b"], "'a.onnx' is one word too many"),
        (["export", "m", "a.onnx", "--to", "onnx"], "Missing option '--out'"),
        (["summary", "m", "n"], "'n' is one word too many. 'pellucid summary --help' says what it"),
        (["bench", "m"], "'m' is one word too many. 'pellucid bench --help' says what it takes."),
    ],
)
def test_words_where_none_is_taken(words, said):
    assert said in error(*words)


def test_control_characters_are_not_obeyed():
    assert "\x1b" not in error("train", "--a\x1b[31mb")


def test_every_word_has_one_meaning_and_is_no_option():
    words = [word for text in _USE.values() for word in text.split()]
    assert len(words) == len(set(words)) == len(_INSTEAD)
    assert not {*_SAID} & {*_INSTEAD}
    assert advice("--lr", "train", ["--learning-rate"]) == "use --learning-rate"
