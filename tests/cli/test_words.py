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
    ],
)
def test_other_commands(words, said):
    assert said in error(*words)


def test_control_characters_are_not_obeyed():
    assert "\x1b" not in error("train", "--a\x1b[31mb")


def test_every_word_has_one_meaning_and_is_no_option():
    words = [word for text in _USE.values() for word in text.split()]
    assert len(words) == len(set(words)) == len(_INSTEAD)
    assert not {*_SAID} & {*_INSTEAD}
    assert advice("--lr", "train", ["--learning-rate"]) == "use --learning-rate"
