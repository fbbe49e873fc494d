import importlib.util

import numpy as np
import pytest

from pellucid import BatchNorm2D, Conv2D, Dropout, MeanSquaredError, Residual, Trainer, from_torch
from pellucid import predict_proba as pellucid_proba
from pellucid.errors import ConfigurationError, ExportError
from pellucid.export import to_onnx, to_torch
from pellucid.network.folding import folding_of
from tests.export.examples import X, classifier, layer_models, photographer, regressor

torch = pytest.importorskip("torch", reason="PyTorch has the modules")
nn = torch.nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.around = nn.Sequential()
        if stride > 1 or inputs != outputs:
            self.around = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.around(x)
        return nn.functional.relu(out)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.layer1 = nn.Sequential(Block(8, 8), Block(8, 16, 2))
        self.layer2 = Block(16, 16)
        self.dropout, self.fc = nn.Dropout(0.2), nn.Linear(16, 5)

    def forward(self, x):
        x = self.layer2(self.layer1(self.stem(x)))
        x = torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1)
        return self.fc(self.dropout(x))


def trained(module):
    """Return a module whose norms have statistics, and whose biases are not 0."""
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            part.running_mean.uniform_(-0.3, 0.3)
            part.running_var.uniform_(0.5, 1.5)
        for parameter in part.parameters(recurse=False):
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    return module.eval()


def says(module, images):
    with torch.no_grad():
        return torch.softmax(module(torch.from_numpy(images)), 1).numpy()


def images_of(shape, count=20):
    return np.random.default_rng(0).random((count, *shape), np.float32)


SEQUENTIALS = [
    nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 10, 4)),
    nn.Sequential(
        nn.Conv2d(3, 6, 3, padding="same", groups=3), nn.BatchNorm2d(6), nn.SiLU(),
        nn.MaxPool2d(3, 2, 1), nn.Conv2d(6, 8, (3, 2), dilation=(1, 2), bias=False), nn.Tanh(),
        nn.AvgPool2d(2, padding=1), nn.GroupNorm(2, 8), nn.GELU(), nn.Dropout2d(0.3),
        nn.Flatten(), nn.LazyLinear(9), nn.BatchNorm1d(9), nn.LeakyReLU(0.2), nn.Identity(),
        nn.Dropout(), nn.Linear(9, 4, bias=False),
    ),
    nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 5, 5, 2), nn.Sigmoid()), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        nn.Linear(5, 3), nn.Softmax(dim=1),
    ),
    nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, affine=False), nn.AdaptiveAvgPool2d((1, 1)),
                  nn.Flatten(), nn.LogSoftmax(1)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SEQUENTIALS)))
def test_a_sequential_says_the_same_here(number):
    module, images = SEQUENTIALS[number], images_of((3, 12, 10))
    with torch.no_grad():
        module.eval()(torch.from_numpy(images))  # lazy layers learn their size
    module = trained(module)
    model = from_torch(module, (3, 12, 10))
    found = pellucid_proba(model.network, model.parameters, images)
    has_softmax = type(module[-1]).__name__ == "Softmax"
    expected = module(torch.from_numpy(images)).detach().numpy() if has_softmax else None
    expected = says(module, images) if expected is None else expected
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_residual_network_is_taken_over_with_its_norms(tmp_path):
    module = trained(ResNet()).train()
    model = from_torch(module, (3, 16, 16), list("abcde"))
    assert module.training  # as it was
    kinds = [type(layer).__name__ for layer in model.network.layers]
    assert kinds[:3] == ["Conv2D", "BatchNorm2D", "ReLU"]
    blocks = [layer for layer in model.network.layers if isinstance(layer, Residual)]
    assert [block.shortcut is None for block in blocks] == [True, False, True]
    images = images_of((3, 16, 16))
    expected = says(module.eval(), images)
    found = pellucid_proba(model.network, model.parameters, images)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    # It is a model as any other: it leaves again, and learns.
    pytest.importorskip("onnxruntime", reason="pip install 'pellucid[onnx]'")
    assert to_onnx(model, tmp_path / "model.onnx").compare().agrees
    with Trainer(model.network) as trainer:
        trainer.parameters = model.parameters
        assert trainer.step(images, np.arange(20) % 5) > 0


def test_what_was_done_to_pixels_before_comes_too():
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(), nn.LazyLinear(3))
    mean, deviation = [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]
    images = images_of((3, 6, 6))
    with torch.no_grad():
        module(torch.from_numpy(images))
    trained(module)
    model = from_torch(module, (3, 6, 6), normalize=(mean, deviation))
    assert isinstance(model.network.layers[0], BatchNorm2D)
    normal = (images - np.reshape(mean, (3, 1, 1))) / np.reshape(deviation, (3, 1, 1))
    expected = says(module, normal.astype(np.float32))
    np.testing.assert_allclose(
        pellucid_proba(model.network, model.parameters, images), expected, atol=1e-5
    )
    with pytest.raises(ConfigurationError, match="must be two lists of 3 numbers"):
        from_torch(module, (3, 6, 6), normalize=([0.5], [0.2]))


def test_numbers_are_taken_over_too():
    module = trained(nn.Sequential(nn.Flatten(), nn.Linear(12, 1))).double()
    model = from_torch(module, (3, 2, 2), loss=MeanSquaredError())
    images = images_of((3, 2, 2))
    expected = module(torch.from_numpy(images).double()).detach().numpy()
    np.testing.assert_allclose(
        pellucid_proba(model.network, model.parameters, images), expected, atol=1e-5
    )
    assert next(module.parameters()).dtype == torch.float64


class Crossing(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(1, 1, 3, padding=1) for _ in range(3))

    def forward(self, x):
        a = self.a(x)
        b = self.b(a) + x
        return (self.c(b) + a).flatten(1)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return self.fc(x + x)


class Half(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x.flatten(1)) * 0.5


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class Odd(nn.Linear):
    def forward(self, x):
        return super().forward(x) * 2


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Upsample(scale_factor=2)), (4, 4),
         "^1 is Upsample, which no layer here is; there are layers for Conv2d, Linear,"),
        (nn.Sequential(nn.Sequential(nn.MaxPool2d(2, ceil_mode=True))), (4, 4),
         r"^0\.0 has dilation, ceil_mode or return_indices"),
        (nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect")), (4, 4),
         "0 pads by 'reflect'"),
        (nn.Sequential(nn.Flatten(), nn.Linear(16, 2), nn.Softmax(1), nn.ReLU()), (4, 4),
         "2 is a softmax before the end"),
        (nn.Sequential(nn.Flatten(), nn.Linear(15, 2)), (4, 4),
         r"Layer 2 has an array of shape \(2, 15\), but needs \(2, 16\)"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 2)), (4, 4), "don't make a network"),
        (nn.Sequential(nn.GELU("tanh")), (4, 4), "0 is GELU by tanh"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(2)), (4, 4), "1 gives 2"),
        (nn.Sequential(nn.BatchNorm2d(1, track_running_stats=False)), (4, 4), "running statistics"),
        (Crossing(), (4, 4), "is read in a way that no Residual has"),
        (Twice(), (2, 2), "adds a value to itself"),
        (Half(), (2, 2), "mul is the function 'mul', which no layer here does so"),
        (Branching(), (2, 2), "can't trace Branching, whose forward must be the same"),
        (nn.Sequential(nn.Flatten(), Odd(4, 2)), (2, 2), r"1\.weight is used by a forward"),
    ],
)  # fmt: skip
def test_what_cant_be_taken_is_named_with_its_place(module, shape, message):
    with pytest.raises(ExportError, match=message):
        from_torch(module, shape)


def test_what_computes_something_else_is_refused(monkeypatch):
    """Whatever was traced, ten images are run through both."""
    module = trained(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    from pellucid.export import from_torch as room

    real = room.network_of

    def wrong(*arguments):
        network, parameters = real(*arguments)
        return network, parameters + np.float32(0.01)

    monkeypatch.setattr(room, "network_of", wrong)
    with pytest.raises(ExportError, match="What was found in Sequential does not compute"):
        from_torch(module, (2, 2))


def test_a_shape_that_is_none_is_told():
    with pytest.raises(ConfigurationError, match="input_shape is 28; it must be"):
        from_torch(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), 28)


def test_convolutions_keep_their_settings():
    module = nn.Sequential(nn.Conv2d(2, 4, (3, 5), (1, 2), (1, 0), (2, 1), 2), nn.Flatten())
    layer = from_torch(module, (2, 9, 9)).network.layers[0]
    assert layer == Conv2D(4, (3, 5), (1, 2), (1, 0), groups=2, dilation=(2, 1))


@pytest.mark.parametrize("number", range(0, len(layer_models()), 3))
def test_what_to_torch_wrote_comes_back(number, tmp_path):
    model = layer_models()[number]
    again = module_of(to_torch(model, tmp_path / "back.py"), model.network.input_shape)
    folded = folding_of(model.network).network
    kinds = [[type(node.layer) for node in network.nodes if not isinstance(node.layer, Dropout)]
             for network in (again.network, folded)]  # fmt: skip
    assert kinds[0] == kinds[1]
    images = images_of(model.network.input_shape)
    found = pellucid_proba(again.network, again.parameters, images)
    expected = pellucid_proba(model.network, model.parameters, images)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def module_of(export, shape, **settings):
    """Return the module that an export is, taken over again."""
    spec = importlib.util.spec_from_file_location("back", export.paths[0])
    written = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(written)
    return from_torch(written.load(), shape, **settings)


def test_what_estimators_learned_comes_back_from_pytorch(tmp_path):
    images = (X / 16).reshape(-1, 1, 8, 8).astype(np.float32)
    again = module_of(to_torch(classifier(), tmp_path / "back.py"), (8, 8))
    found = pellucid_proba(again.network, again.parameters, images)
    np.testing.assert_allclose(found, classifier().predict_proba(X), atol=1e-5)
    numbers = to_torch(regressor(2), tmp_path / "back.py")
    again = module_of(numbers, (8, 8), loss=MeanSquaredError())
    assert [type(layer).__name__ for layer in again.network.layers][-1] == "Dense"
    found = pellucid_proba(again.network, again.parameters, images)
    np.testing.assert_allclose(found, regressor(2).predict(X), rtol=1e-4, atol=0.02)
    fitted, pictures = photographer()
    again = module_of(to_torch(fitted, tmp_path / "back.py"), (3, 9, 7))
    low, high = fitted.to_model().configuration["pixel_range"]
    unit = np.clip((pictures.transpose(0, 3, 1, 2) - low) / (high - low), 0, 1)
    found = pellucid_proba(again.network, again.parameters, unit.astype(np.float32))
    np.testing.assert_allclose(found, fitted.predict_proba(pictures), atol=1e-5)


class Shifting(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(((x - 0.5) / 0.25).flatten(1))


def test_pixels_that_are_shifted_but_not_held_are_asked_for():
    with pytest.raises(ExportError, match=r"shifts its pixels itself; .* by normalize"):
        from_torch(Shifting(), (2, 2))
