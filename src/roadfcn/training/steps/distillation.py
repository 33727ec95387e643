"""A trained network as a teacher: what it takes each pixel for is learned beside the truth.

Truth says car; the teacher says car, and a little lorry, and no sky at all. A small network learns
more from that than from the one word (Hinton, Vinyals and Dean, "Distilling the knowledge in a
neural network", 2015; pixel by pixel: Liu et al., "Structured knowledge distillation for semantic
segmentation", CVPR 2019, section 3.1). The teacher sees the same changed frames.

Legend: N batch, C classes, H rows, W columns of the picture, h, w of the pixels that are compared.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from roadfcn.input_format import InputFormat
from roadfcn.models.fcn import FCN
from roadfcn.training.frames.feature_store import weights_digest
from roadfcn.training.steps.losses import PixelCrossEntropy, at_least_float32
from roadfcn.training.steps.normalisation import Normalisation

STEP = 2
"""Every second pixel of every second row is compared: its neighbours say nearly the same, and
crops and zoom, where a recipe has them, move the frame against these pixels in each epoch."""


class Distillation:
    """A teacher, and the loss of not saying what it says.

    It is no module: its weights do not learn, and are in no checkpoint.

    Args:
        teacher: On the CPU; taken over, and kept in eval mode.
        input_format: What the teacher is fed.
        weight: Of this loss, where that of the truth counts 1.
        temperature: Both networks' logits are divided by it; more makes the unlikely classes count.
    """

    def __init__(
        self, teacher: FCN, input_format: InputFormat, *, weight: float, temperature: float
    ) -> None:
        self.teacher = teacher.eval().requires_grad_(False)
        self.weight, self.temperature = weight, temperature
        self._normalise = Normalisation(input_format)
        self.digest = weights_digest(teacher.state_dict())

    def move(self, device: torch.device, dtype: torch.dtype) -> None:
        """Bring the teacher to where frames are, and to the type they have there."""
        self.teacher.to(device, dtype)
        self._normalise.to(device, dtype)

    def opinion(self, frames: Tensor) -> Tensor:
        """Give the teacher's log-probabilities, N,C,h,w, float32 at least.

        Args:
            frames: N,3,H,W RGB in 0..1, changed as the student sees them.
        """
        with torch.no_grad():
            logits = self.teacher(self._normalise(frames))[..., ::STEP, ::STEP]
            return (at_least_float32(logits) / self.temperature).log_softmax(1)

    def sum(
        self, logits: Tensor, opinion: Tensor, masks: Tensor, loss: PixelCrossEntropy
    ) -> Tensor:
        """Give what adds to the sum of the loss over the pixels that have a truth, a scalar.

        With p the teacher's and q the network's probabilities at temperature T, and w_i the weight
        of pixel i's true class, it is `weight` times the sum of w_i T^2 KL(p_i || q_i). T^2 keeps
        the gradient's size (Hinton et al., section 2). So it is divided by what the truth's is.

        Args:
            logits: N,C,H,W of the network that learns.
            opinion: As `opinion` gives it.
            masks: N,H,W int64, class indices and void. Void is left out: it is padding, too.
            loss: Of the truth; its class weights count here as well.
        """
        said = (at_least_float32(logits[..., ::STEP, ::STEP]) / self.temperature).log_softmax(1)
        divergence = functional.kl_div(said, opinion, reduction="none", log_target=True).sum(1)
        weights = loss.pixel_weights(masks[:, ::STEP, ::STEP], said.dtype)
        return self.weight * (self.temperature * STEP) ** 2 * (divergence * weights).sum()
