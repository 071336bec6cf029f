"""A GPU that is not there, to see on any machine what a program would do on one.

Tensors that are asked for on ``cuda`` are made on PyTorch's ``meta`` device: they have shapes, types and gradients but
no numbers, and they say ``cuda`` when they are asked where they are. So the branches for a GPU are taken, and whoever
wants a number from the device gets an error. Streams, graphs and generators have stand-ins; what runs inside
``torch.cuda.graph`` is watched more closely. Refused are

always       an operation on tensors of both devices (a CPU tensor without axes is allowed, as it is on a GPU), a
             product of integer matrices, for which CUDA has no kernel, and a generator of the other device;
in a graph   further, any operation that has to do with both devices, copies above all (also the copy of a list of
             numbers or indices), operations whose kernels wait for the device, and chance from a generator that the
             graph does not know.

Not seen: what the library's own CUDA kernels do inside, and whether results are right.

(``FakeTensorMode`` would be the obvious tool; without a CUDA build of PyTorch its tensors cannot be indexed.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nucleolus_lib.envs import battle_memory
from nucleolus_lib.experiments import captured_rollout, captured_update

WAITS = {
    *("_local_scalar_dense", "is_nonzero", "equal", "nonzero", "masked_select", "unique2", "_unique2", "unique_dim"),
    *("unique_consecutive", "bincount", "histc", "_linalg_check_errors", "multinomial"),
}
"""Operations whose CUDA kernels wait for the device."""
PRODUCTS = {"mm", "bmm", "mv", "dot", "addmm", "addmv", "baddbmm", "addbmm"}
COPIES_OF_NUMBERS = (torch.tensor, torch.as_tensor, torch.asarray, Tensor.new_tensor)
INDEXING = (Tensor.__getitem__, Tensor.__setitem__)
DEVICE_OF, IS_CUDA = Tensor.device.__get__, Tensor.is_cuda.__get__  # type: ignore[attr-defined]
_Generator = torch.Generator


class FakeCudaError(AssertionError):
    """A GPU would have refused this, or a graph could not have held it."""


class FakeGenerator(_Generator):
    """A generator that says it is on the GPU. One that a failed capture has left behind can draw no more."""

    stuck = False

    def __new__(cls, device: torch.device | str = "cpu") -> Any:
        on_host = torch.device(device).type == "cpu"
        return _Generator() if on_host else super().__new__(cls)

    @property
    def device(self) -> torch.device:
        """On a GPU."""
        return torch.device("cuda")


class FakeStream:
    """A stream; all are one."""

    def __init__(self, device: torch.device | None = None) -> None:
        self.device = device

    def wait_stream(self, other: FakeStream) -> None:
        """Nothing to wait for."""


class FakeGraph:
    """A graph that counts how often it was replayed."""

    def __init__(self) -> None:
        self.generators: list[torch.Generator] = []
        self.replays = 0
        self.operations = 0
        self.stream: FakeStream | None = None

    def register_generator_state(self, generator: torch.Generator) -> None:
        """The graph may draw from it."""
        self.generators.append(generator)

    def replay(self) -> None:
        """Count."""
        self.replays += 1


class FakeGPU:
    """The device, what is being captured, and all graphs that were captured."""

    def __init__(self, index: int) -> None:
        self.device = torch.device("cuda", index)
        self.capturing: FakeGraph | None = None
        self.graphs: list[FakeGraph] = []
        self.warmed_up: set[FakeStream] = set()

    @contextmanager
    def on_stream(self, stream: FakeStream) -> Iterator[None]:
        """In place of ``torch.cuda.stream``."""
        self.warmed_up.add(stream)
        yield

    @contextmanager
    def capture(self, graph: FakeGraph, *, stream: FakeStream | None = None) -> Iterator[None]:
        """In place of ``torch.cuda.graph``."""
        if stream is None or stream.device != self.device:
            raise FakeCudaError(f"captured on a stream of the current device, but the work is on {self.device}")
        if stream not in self.warmed_up:
            raise FakeCudaError("captured without a warm-up on the same stream")
        self.capturing, graph.stream = graph, stream
        try:
            yield
        except BaseException:
            for generator in graph.generators:
                generator.stuck = True  # type: ignore[attr-defined]
            raise
        finally:
            self.capturing = None
        self.graphs.append(graph)


class AskedFromPython(TorchFunctionMode):
    """``cuda`` in calls becomes ``meta``, and ``meta`` in answers ``cuda``."""

    def __init__(self, gpu: FakeGPU) -> None:
        super().__init__()
        self._gpu = gpu

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function == DEVICE_OF:
            device = function(*args)
            return self._gpu.device if device.type == "meta" else device
        if function == IS_CUDA:
            return args[0].is_meta
        kwargs = dict(kwargs or {})
        if "device" in kwargs:
            kwargs["device"] = self._place(kwargs["device"])
        if function is Tensor.to:
            args = tuple(self._place(argument) for argument in args)
        generator = kwargs.get("generator")
        if isinstance(generator, FakeGenerator):
            self._check_draw(generator)
            kwargs["generator"] = None
        answer = function(*args, **kwargs)
        if generator is not None and answer.is_meta != isinstance(generator, FakeGenerator):
            raise FakeCudaError(f"{function.__name__} was given a generator of another device")
        if self._gpu.capturing is not None:
            self._check_copies(function, args, answer)
        return answer

    def _place(self, device: Any) -> Any:
        if isinstance(device, str | torch.device) and torch.device(device).type == "cuda":
            return torch.device("meta")
        return device

    def _check_draw(self, generator: FakeGenerator) -> None:
        if generator.stuck:
            raise RuntimeError("Offset increment outside graph capture encountered unexpectedly.")
        if self._gpu.capturing is not None and generator not in self._gpu.capturing.generators:
            raise FakeCudaError("a graph draws from a generator that it does not know")

    def _check_copies(self, function: Any, args: Any, answer: Any) -> None:
        if function in COPIES_OF_NUMBERS and answer.is_meta:
            raise FakeCudaError(f"{function.__name__} copies numbers to the device while a graph is captured")
        if function in INDEXING and args[0].is_meta:
            index = args[1] if isinstance(args[1], tuple) else (args[1],)
            if any(not isinstance(part, int | slice | Tensor | type(None) | type(...)) for part in index):
                raise FakeCudaError(f"the list of indices {index} is copied to the device while a graph is captured")


class Operations(TorchDispatchMode):
    """Every single operation, those of backward passes included."""

    def __init__(self, gpu: FakeGPU) -> None:
        super().__init__()
        self._gpu = gpu

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _is_composite(function):
            with self:
                return function.decompose(*args, **kwargs)
        name = function.overloadpacket.__name__
        given = _tensors((args, kwargs))
        if _are_mixed(given) and name not in ("_to_copy", "copy_") and any(t.ndim for t in given if not t.is_meta):
            raise FakeCudaError(f"{function} is given tensors of both devices")
        if name in PRODUCTS and any(tensor.is_meta and not tensor.is_floating_point() for tensor in given):
            raise FakeCudaError(f"{function}: CUDA has no product of integer matrices")
        graph = self._gpu.capturing
        if graph is None:
            return function(*args, **kwargs)
        graph.operations += 1
        self._check_waits(function, name, given)
        answer = function(*args, **kwargs)
        if _are_mixed([*given, *_tensors(answer)]):
            raise FakeCudaError(f"{function} has to do with both devices while a graph is captured")
        return answer

    def _check_waits(self, function: Any, name: str, given: list[Tensor]) -> None:
        if name in WAITS and any(tensor.is_meta for tensor in given):
            raise FakeCudaError(f"{function} waits for the device while a graph is captured")
        is_masked = name in ("index", "index_put", "index_put_", "_index_put_impl_") and any(
            tensor.dtype in (torch.bool, torch.uint8) for tensor in given[1:]
        )
        if is_masked and (name == "index" or given[-1].numel() != 1):
            raise FakeCudaError(f"{function} with a mask waits for the device while a graph is captured")


def _tensors(values: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]


def _are_mixed(tensors: list[Tensor]) -> bool:
    return 0 < sum(tensor.is_meta for tensor in tensors) < len(tensors)


@cache
def _is_composite(function: Any) -> bool:
    return torch._C._dispatch_has_kernel_for_dispatch_key(function.name(), "CompositeImplicitAutograd")


@contextmanager
def fake_cuda(monkeypatch: pytest.MonkeyPatch, index: int = 0) -> Iterator[FakeGPU]:
    """Everything inside meets the GPU ``cuda:index``."""
    gpu = FakeGPU(index)
    backward = BackwardCFunction.apply

    def apply(node: Any, *gradients: Any) -> Any:
        # Modes for Python's calls are off in a backward pass.
        with AskedFromPython(gpu):
            return backward(node, *gradients)

    monkeypatch.setattr(BackwardCFunction, "apply", apply)
    monkeypatch.setattr(torch, "Generator", FakeGenerator)
    monkeypatch.setattr(torch.cuda, "Stream", FakeStream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: FakeStream(device))
    monkeypatch.setattr(torch.cuda, "stream", gpu.on_stream)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "graph", gpu.capture)
    monkeypatch.setattr(battle_memory, "available_bytes", lambda device: 1 << 40)
    # There is nothing to warm up but what an optimiser makes at its first step.
    monkeypatch.setattr(captured_rollout, "WARM_UP_STEPS", 0)
    monkeypatch.setattr(captured_update, "WARM_UP_STEPS", 1)
    with AskedFromPython(gpu), Operations(gpu):
        yield gpu
