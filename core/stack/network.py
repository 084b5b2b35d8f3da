"""StackedNetwork: many multilayer perceptrons as one batched network, with its backward pass written out by hand.

Trials stand deepest first, so hidden layer l is one product over the leading trials that have it, and shallower ones
cost nothing there. Each layer is padded to its widest trial with weights that are zero and stay exactly zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Activation = tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]

_aten: Any = torch.ops.aten

ACTIVATIONS: dict[str, Activation] = {
    "relu": (torch.relu_, lambda grad, output: _aten.threshold_backward(grad, output, 0)),
    "tanh": (torch.tanh_, _aten.tanh_backward),
    "sigmoid": (torch.sigmoid_, _aten.sigmoid_backward),
}
"""In place; and the gradient of the input from that of the output and the output, by the kernels of autograd."""


@dataclass(frozen=True)
class Block:
    """One linear layer of the trials `first` to `last` (exclusive), `depth` hidden layers after the inputs.

    In a flat tensor its weights lie at `offset` and its biases behind them.
    """

    first: int
    last: int
    depth: int
    inputs: int
    outputs: int
    offset: int

    @property
    def rows(self) -> slice:
        return slice(self.first, self.last)

    @property
    def size(self) -> int:
        return (self.last - self.first) * self.outputs * (self.inputs + 1)

    def views(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """Its weights (trials, outputs, inputs) and biases (trials, 1, outputs) in `flat`."""
        n, n_in, n_out = self.last - self.first, self.inputs, self.outputs
        between = self.offset + n * n_in * n_out
        weights, biases = flat[self.offset : between], flat[between : between + n * n_out]
        # Products of small matrices are several times slower where the rows of the result are short.
        matrices = weights.view(n, n_in, n_out).mT if n_in < n_out else weights.view(n, n_out, n_in)
        return matrices, biases.view(n, 1, n_out)


class _Layer:
    """A block with all that a step needs of it at hand: a step of small networks takes as long for views as for
    products."""

    def __init__(
        self,
        block: Block,
        fewer: bool,
        weights: tuple[Tensor, Tensor],
        grads: tuple[Tensor, Tensor],
        activation: Activation | None,
        mask: Tensor | None,
    ) -> None:
        """`fewer`: whether not all trials of the layer below have it."""
        self.depth, self.rows, self.last, self.fewer = block.depth, block.rows, block.last, fewer
        self.weights, self.biases = weights
        self.turned, self.turned_biases = (each.mT for each in weights)
        self.grads, self.bias_grads = grads
        self.turned_bias_grads = self.bias_grads.mT
        self.activation, self.mask = activation, mask


class StackedNetwork:
    """The networks of the trials whose hidden layers have `units`, deepest first; raises ValueError for another order.

    `weights` and `grads` (parameters,) are flat and layer by layer: what is done to every parameter is one operation.
    `activations`: after each hidden layer, `none` for none.
    """

    def __init__(
        self, units: Sequence[tuple[int, ...]], inputs: int, outputs: int, activations: Sequence[str], like: Tensor
    ) -> None:
        """All weights zero, of the type and on the device of `like`."""
        depths = [len(each) for each in units]
        if depths != sorted(depths, reverse=True):
            raise ValueError("trials must stand deepest first")
        self.units, self.inputs, self.outputs, self.activations = list(units), inputs, outputs, activations
        widths = [inputs, *(max(each[i] for each in units if len(each) > i) for i in range(max(depths, default=0)))]
        offset = 0
        self.hidden: list[Block] = []
        self.output: list[Block] = []
        """One for each depth that occurs, deepest first."""
        for i in range(1, len(widths)):
            self.hidden.append(Block(0, sum(d >= i for d in depths), i - 1, widths[i - 1], widths[i], offset))
            offset += self.hidden[-1].size
        for depth in sorted(set(depths), reverse=True):
            first = depths.index(depth)
            block = Block(first, first + depths.count(depth), depth, widths[depth], outputs, offset)
            self.output.append(block)
            offset += block.size
        self.weights = like.new_zeros(offset)
        self.grads = like.new_zeros(offset)
        self._weights = {block: block.views(self.weights) for block in self.blocks}
        self._grads = {block: block.views(self.grads) for block in self.blocks}
        self._hidden = [self._layer(block, self._mask(block, like)) for block in self.hidden]
        self._ends = [self._layer(block, None) for block in self.output]

    def __len__(self) -> int:
        """The number of trials."""
        return len(self.units)

    @property
    def blocks(self) -> list[Block]:
        return [*self.hidden, *self.output]

    def _layer(self, block: Block, mask: Tensor | None) -> _Layer:
        name = "none" if block in self.output else self.activations[block.depth]
        above = len(self) if block.depth == 0 else self.hidden[block.depth - 1].last  # trials in what it takes in
        return _Layer(block, block.last < above, self._weights[block], self._grads[block], ACTIVATIONS.get(name), mask)

    def _mask(self, block: Block, like: Tensor) -> Tensor | None:
        """1 where a trial has a unit, else 0, (trials, 1, units); None where the activation of 0 is 0 anyway.

        A padded unit must answer 0: then the weights that lead away from it have no gradient either.
        """
        if self.activations[block.depth] != "sigmoid":
            return None
        widths = torch.tensor([each[block.depth] for each in self.units[block.rows]], device=like.device)
        return (torch.arange(block.outputs, device=like.device) < widths[:, None, None]).to(like.dtype)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Inputs (trials, samples, inputs) → the last layer before its activation (trials, outputs, samples), the way
        round in which losses are fast; and what each layer took in, (trials that have it, samples, units), for
        `backward`."""
        seen, h = [x], x
        for layer in self._hidden:
            h = torch.baddbmm(layer.biases, h[: layer.last] if layer.fewer else h, layer.turned)
            if layer.activation is not None:
                h = layer.activation[0](h)
            if layer.mask is not None:
                h.mul_(layer.mask)
            seen.append(h)
        z = x.new_empty(len(self), self.outputs, x.shape[1])
        for end in self._ends:
            torch.baddbmm(end.turned_biases, end.weights, seen[end.depth][end.rows].mT, out=z[end.rows])
        return z, seen

    def backward(self, grad: Tensor, seen: list[Tensor]) -> None:
        """Fill `grads` from the gradient (trials, outputs, samples) of what `forward` returned with `seen`."""
        ends = {end.depth: end for end in self._ends}
        of_output: Tensor | None = None  # the gradient of what the layer above gives
        for depth in range(len(self._hidden), -1, -1):
            h, end = seen[depth], ends.get(depth)
            above = self._hidden[depth] if of_output is not None else None
            if above is not None:
                assert of_output is not None
                torch.bmm(of_output.mT, h[: above.last] if above.fewer else h, out=above.grads)
                torch.sum(of_output, 1, keepdim=True, out=above.bias_grads)
            if end is not None:
                g = grad[end.rows]
                torch.bmm(g, h[end.rows], out=end.grads)
                torch.sum(g, 2, keepdim=True, out=end.turned_bias_grads)
            if depth == 0:
                return
            of_h = torch.empty_like(h)
            if above is not None:
                assert of_output is not None
                torch.bmm(of_output, above.weights, out=of_h[: above.last] if above.fewer or end else of_h)
            if end is not None:
                torch.bmm(g.mT, end.weights, out=of_h[end.rows])
            activation = self._hidden[depth - 1].activation
            of_output = of_h if activation is None else activation[1](of_h, h)

    def clip_grads(self, longest: float) -> None:
        """Scale down the gradients of each trial for itself, as `torch.nn.utils.clip_grad_norm_` does."""
        squares = self.grads.new_zeros(len(self))
        for block in self.blocks:
            for grads in self._grads[block]:
                squares[block.rows] += grads.square().sum((1, 2))
        factors = (longest / (squares.sqrt() + 1e-6)).clamp(max=1.0)
        for block in self.blocks:
            for grads in self._grads[block]:
                grads.mul_(factors[block.rows, None, None])

    def spread(self, values: Tensor) -> Tensor:
        """One value for each trial (trials,) → one for each parameter, flat."""
        flat = torch.empty_like(self.weights)
        for block in self.blocks:
            for view in block.views(flat):
                view.copy_(values[block.rows, None, None].expand_as(view))
        return flat

    def subset(self, trials: Sequence[int]) -> StackedNetwork:
        """The networks of some trials, in ascending order, padded to the widest of them alone."""
        small = StackedNetwork(
            [self.units[i] for i in trials], self.inputs, self.outputs, self.activations, self.weights
        )
        small.weights.copy_(self.take(self.weights, small, trials))
        return small

    def take(self, flat: Tensor, small: StackedNetwork, trials: Sequence[int]) -> Tensor:
        """What `flat` holds for the parameters of `small`, the subset of `trials`."""
        taken = torch.empty_like(small.weights)
        kinds = {(block.depth, block in self.output): block for block in self.blocks}
        for block in small.blocks:
            old = kinds[block.depth, block in small.output]
            rows = torch.tensor([i - old.first for i in trials[block.rows]], device=flat.device)
            weights, biases = block.views(taken)
            old_weights, old_biases = old.views(flat)
            weights.copy_(old_weights[rows, : block.outputs, : block.inputs])
            biases.copy_(old_biases[rows, :, : block.outputs])
        return taken

    def parameters_of(self, trial: int) -> list[Tensor]:
        """Views of the weights and biases of one trial, first layer to last, without padding."""
        units = self.units[trial]
        layers = [*self.hidden[: len(units)], next(block for block in self.output if block.depth == len(units))]
        parameters: list[Tensor] = []
        for block, n_in, n_out in zip(layers, (self.inputs, *units), (*units, self.outputs), strict=True):
            weights, biases = (view[trial - block.first] for view in self._weights[block])
            parameters += [weights[:n_out, :n_in], biases[0, :n_out]]
        return parameters

    def load(self, trial: int, model: nn.Module) -> None:
        """Take over the weights of one trial from its own network."""
        for mine, its in zip(self.parameters_of(trial), model.parameters(), strict=True):
            mine.copy_(its.detach())
