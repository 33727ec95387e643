"""A training step of the described network in TensorFlow, as the course project makes it.

A graph with variables, the mean softmax cross-entropy of all pixels, half the squares of the
decoder's kernels times 1e-3, dropout after fc6 and fc7, and `AdamOptimizer` over all variables.
Neither torch nor anything of roadfcn is imported here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from contenders.tensorflow_network import TensorFlowNetwork  # before what it prepares

import tensorflow as tf  # isort: skip

_BETAS, _EPSILON = (0.9, 0.999), 1e-8  # of AdamOptimizer


class TensorFlowTraining:
    """The network with Adam's numbers for it, and a graph of the step.

    Args:
        path: The `.safetensors` file that it starts from.
        threads: Of the processor.
        rate: Of learning.
        decay: Times half the squares of the decoder's kernels.
        dropout: Share that is dropped: 1 - `keep_prob`.
    """

    def __init__(
        self, path: Path, threads: int, *, rate: float, decay: float, dropout: float
    ) -> None:
        self._network = TensorFlowNetwork(path, threads, frozen=False)
        self._rate, self._decay, self._dropout = rate, decay, tf.constant(dropout)
        weights = self._network.weights
        self._trained = list(weights.values())
        self._kernels = [
            weight
            for name, weight in weights.items()
            if name.startswith("head.") and name.endswith(".weight")
        ]
        self._means = [tf.Variable(tf.zeros_like(weight)) for weight in self._trained]
        self._squares = [tf.Variable(tf.zeros_like(weight)) for weight in self._trained]
        self._powers = [tf.Variable(beta) for beta in _BETAS]
        self._step = tf.function(self._learn)

    def feed(self, pictures: np.ndarray, truth: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
        """Turn N,3,H,W float32 and N,H,W classes into what `step` takes: N,H,W,3, and N,H,W,C."""
        classes = self._kernels[-1].shape[-1]
        return (
            tf.constant(np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))),
            tf.one_hot(truth, classes),
        )

    def step(self, pictures: tf.Tensor, truth: tf.Tensor) -> float:
        """Take a step; give the cross-entropy before it."""
        return float(self._step(pictures, truth, self._dropout))

    def _learn(self, pictures: tf.Tensor, truth: tf.Tensor, dropout: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            scores = self._network.graph(pictures, dropout)
            entropies = tf.nn.softmax_cross_entropy_with_logits(truth, scores)
            entropy = tf.reduce_mean(entropies)
            penalty = tf.add_n([tf.nn.l2_loss(kernel) for kernel in self._kernels])
            loss = entropy + self._decay * penalty
        gradients = tape.gradient(loss, self._trained)
        for weight, mean, square, gradient in zip(
            self._trained, self._means, self._squares, gradients, strict=True
        ):
            # What AdamOptimizer's update is made of: one operation for each variable.
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=self._powers[0],
                beta2_power=self._powers[1],
                lr=self._rate,
                beta1=_BETAS[0],
                beta2=_BETAS[1],
                epsilon=_EPSILON,
                grad=gradient,
            )
        for power, beta in zip(self._powers, _BETAS, strict=True):
            power.assign(power * beta)
        return entropy
