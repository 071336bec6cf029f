"""The stand-in for a GPU refuses what a GPU refuses, and a graph what a graph cannot hold."""

import numpy as np
import pytest
import torch

from tests.experiments.fake_cuda import FakeCudaError, FakeGraph, FakeStream, fake_cuda


@pytest.fixture
def gpu(monkeypatch):
    with fake_cuda(monkeypatch) as gpu:
        yield gpu


def captured(gpu, work, graph=None):
    stream = FakeStream(gpu.device)
    with torch.cuda.stream(stream):
        pass
    with torch.cuda.graph(graph or FakeGraph(), stream=stream):
        return work()


ALWAYS = {
    "tensors of both devices": lambda x: x + torch.ones(3),
    "an index on the other device": lambda x: x[torch.tensor([0, 1])],
    "a product of integer matrices": lambda x: x.long()[None] @ x.long()[:, None],
    "a generator of the other device": lambda x: torch.rand(3, device=x.device, generator=torch.Generator()),
    "a GPU's generator on the host": lambda x: torch.rand(3, generator=torch.Generator(x.device)),
    "reading a number": lambda x: x[0].item(),
    "reading a truth": lambda x: bool((x > 0).any()),
    "reading a tensor": lambda x: x.cpu(),
    "an array for a compiled kernel": lambda x: x.numpy(),
    "a shape that depends on numbers": lambda x: x.nonzero(),
    "an equality": lambda x: torch.equal(x, x),
}
IN_A_GRAPH = {
    "numbers of the host": lambda x: torch.tensor([1.0, 2.0], device=x.device),
    "an array of the host": lambda x: torch.as_tensor(np.ones(2), device=x.device),
    "a tensor of the host": lambda x: torch.ones(3).to(x.device),
    "a copy into place": lambda x: x.copy_(torch.ones(3)),
    "a number of the host in a tensor": lambda x: x + torch.tensor(1.0),
    "a list of indices": lambda x: x[[0, 2]],
    "a list of indices to write to": lambda x: x.__setitem__([0, 2], 0.0),
    "an array of indices": lambda x: x[np.array([0, 2])],
    "a mask to write many numbers to": lambda x: x.__setitem__(x > 0, x),
    "an unknown generator": lambda x: torch.rand(3, device=x.device, generator=torch.Generator(x.device)),
    "an error check": lambda x: torch.linalg.solve(x.diag(), x),
}
ALLOWED = {
    "elementwise": lambda x: torch.where(x > 0, x, 0.0).clamp(max=1.0) * 2,
    "a mask to write one number to": lambda x: x.__setitem__(x > 0, 0.0),
    "indices on the device": lambda x: x[torch.arange(2, device=x.device)],
    "slices": lambda x: x[None, ..., -1:],
    "numbers that are filled in": lambda x: torch.full((2,), 3.0, device=x.device),
    "work on the host alone": lambda x: torch.rand(3, generator=torch.Generator()).tolist(),
    "a product": lambda x: x[None] @ x[:, None],
}


@pytest.mark.parametrize("what", ALWAYS)
def test_refused_always(gpu, what):
    x = torch.ones(3, device=gpu.device)
    with pytest.raises((FakeCudaError, RuntimeError, TypeError, NotImplementedError)):
        ALWAYS[what](x)


@pytest.mark.parametrize("what", IN_A_GRAPH)
def test_refused_in_a_graph(gpu, what):
    x = torch.ones(3, device=gpu.device)
    IN_A_GRAPH[what](x)
    with pytest.raises(FakeCudaError):
        captured(gpu, lambda: IN_A_GRAPH[what](x))


@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize("what", ALLOWED)
def test_allowed_in_a_graph(gpu, what, inference):
    x = torch.ones(3, device=gpu.device)
    graph = FakeGraph()
    with torch.inference_mode(inference):
        captured(gpu, lambda: ALLOWED[what](x), graph)
    assert gpu.graphs == [graph]
    assert graph.operations > 0


def test_backward_passes_are_watched(gpu):
    class Reads(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * torch.tensor(2.0, device=grad.device)

    x = torch.ones(3, device=gpu.device, requires_grad=True)
    with pytest.raises(FakeCudaError, match="copies numbers"):
        captured(gpu, lambda: Reads.apply(x).sum().backward())


def test_a_graph_is_captured_on_the_stream_that_was_warmed_up(gpu):
    with pytest.raises(FakeCudaError, match="of the current device"), torch.cuda.graph(FakeGraph()):
        pass
    with pytest.raises(FakeCudaError, match="warm-up"), torch.cuda.graph(FakeGraph(), stream=FakeStream(gpu.device)):
        pass


def test_a_tensor_says_that_it_is_on_the_gpu(gpu):
    x = torch.zeros(2, device="cuda")
    assert (x.device, x.is_cuda, x.new_ones(1).device) == (gpu.device, True, gpu.device)
    assert torch.zeros(2).device == torch.device("cpu")
    assert torch.Generator("cuda").manual_seed(3).device.type == "cuda"
