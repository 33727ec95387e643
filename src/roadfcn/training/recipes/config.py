"""The recipe of a training run: every setting, its default and its limits.

A recipe is a YAML file with the sections below; `config_files` reads it. Classes elsewhere take
plain arguments and never see these records, so that they can be used without a recipe.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from roadfcn.models.architecture import AlignmentName, HeadName, ScoreStart, UpsamplingName
from roadfcn.training.recipes.config_data import DataConfig
from roadfcn.training.recipes.config_section import (
    Count,
    Fraction,
    NotNegative,
    Positive,
    Range,
    Section,
    Size,
)
from roadfcn.training.recipes.rate_limits import rate_mistake

InputFormatName = Literal["imagenet-rgb", "vgg-bgr", "caffe-bgr"]
WeightsSource = Annotated[str, Field(min_length=1)]


class ModelConfig(Section):
    """Which network; unset entries keep the values of the named one.

    "slim" is the FCN-8s with a quarter of VGG16's width and batch norm, "vgg16" the paper's,
    "tensorflow" the form common in TensorFlow programs. See `models.architecture.FCNArchitecture`
    for each entry. `input_format` null is what the weights to start from want, and "imagenet-rgb"
    without any.
    """

    name: Literal["slim", "vgg16", "tensorflow"] = "slim"
    head: HeadName | None = None
    alignment: AlignmentName | None = None
    width: Positive | None = None
    batch_norm: bool | None = None
    fc_channels: Count | None = None
    fc_kernel: Count | None = None
    fc_dilation: Count | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    skip_scales: Range | None = None
    upsampling: UpsamplingName | None = None
    upsampling_bias: bool | None = None
    score_start: ScoreStart | None = None
    decoder_channels: Annotated[int, Field(ge=0)] | None = None
    input_format: InputFormatName | None = None

    def changes(self) -> dict[str, Any]:
        """Give the entries that are set, apart from the network's name and input."""
        return self.model_dump(exclude={"name", "input_format"}, exclude_none=True)


class AugmentationConfig(Section):
    """What happens to a training frame; unset entries keep the preset's values.

    `scale` is the range of the zoom, `aspect` the most by which width and height may be stretched
    against each other, `flip`, `grey`, `blur` and `random_conv` are probabilities, the colour
    entries the most by which brightness, contrast and saturation are multiplied or the hue is
    turned (in turns of the colour circle), `gamma` the most by which the tone curve is bent.
    """

    preset: Literal["none", "benchmark", "generalise"] = "benchmark"
    crop: Size | None = None
    scale: Range | None = None
    aspect: NotNegative | None = None
    rotation_degrees: NotNegative | None = None
    flip: Fraction | None = None
    brightness: Annotated[float, Field(ge=0, lt=1)] | None = None
    contrast: Annotated[float, Field(ge=0, lt=1)] | None = None
    saturation: Annotated[float, Field(ge=0, le=1)] | None = None
    hue: Annotated[float, Field(ge=0, le=0.5)] | None = None
    gamma: NotNegative | None = None
    grey: Fraction | None = None
    blur: Fraction | None = None
    noise: NotNegative | None = None
    random_conv: Fraction | None = None

    def changes(self) -> dict[str, Any]:
        """Give the entries that are set, apart from the preset's name."""
        return self.model_dump(exclude={"preset"}, exclude_none=True)


class LossConfig(Section):
    """Cross-entropy over the pixels that have a truth.

    `class_weights`: none, by median frequency (Eigen and Fergus, ICCV 2015), by its square root,
    or a mapping from class name to weight. `reduction` "sum" is Caffe FCN's, "all-pixels"
    KittiSeg's: see `losses.PixelCrossEntropy`. `deep_supervision` is the weight of further losses,
    of scores that fc7 and pool4 have while the network learns.
    """

    reduction: Literal["mean", "all-pixels", "sum"] = "mean"
    class_weights: (
        Literal["none", "median-frequency", "root-median-frequency"] | dict[str, Positive]
    ) = "none"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    deep_supervision: Annotated[float, Field(ge=0, le=1)] = 0.0


class DistillationConfig(Section):
    """A trained network that is learned from beside the truth; none unless `teacher` is set.

    `teacher` is a run, a model file or the name of a model that comes with roadfcn, of the same
    classes. `weight` is that of its loss, where the truth's counts 1; by `temperature` the logits
    of both networks are divided.
    """

    teacher: WeightsSource | None = None
    weight: Positive = 1.0
    temperature: Positive = 1.0


class OptimizerConfig(Section):
    """How weights move. Factors multiply `lr` and `weight_decay` for a part of the network.

    Biases and norms are not decayed unless `decay_biases`. `frozen` lists name prefixes of
    parameters that stay as they are, such as "encoder" or "encoder.conv1_1".
    """

    name: Literal["adamw", "adam", "sgd", "tensorflow-adam", "muon"] = "adamw"
    lr: Positive = 1e-3
    weight_decay: NotNegative = 1e-4
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = (
        0.9,
        0.999,
    )
    eps: Positive = 1e-8
    encoder_lr_factor: NotNegative = 1.0
    head_lr_factor: NotNegative = 1.0
    encoder_decay_factor: NotNegative = 1.0
    head_decay_factor: NotNegative = 1.0
    bias_lr_factor: NotNegative = 1.0
    decay_biases: bool = False
    frozen: tuple[str, ...] = ()


class ScheduleConfig(Section):
    """How the learning rate runs over the steps.

    "one-cycle" rises for `warmup` of the steps and falls to nothing by a cosine. The others rise
    linearly over `warmup` (0 for a rate that is fixed from the first step); then "constant" stays,
    "cosine" and "poly" (power `power`) fall, and "step" multiplies by `gamma` at each of
    `milestones` (fractions of the run).
    """

    name: Literal["constant", "one-cycle", "cosine", "poly", "step"] = "one-cycle"
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    power: Positive = 0.9
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    milestones: tuple[Fraction, ...] = (0.6, 0.85)


class TrainerConfig(Section):
    """How long, how wide and on what. `devices`, `num_nodes`, `strategy` are Lightning's own.

    `precision` "auto" takes bf16 where the device is fast at it. `validate_every` and
    `early_stopping` (patience) count epochs and validations.
    """

    epochs: Count = 50
    batch_size: Count = 8
    accumulate: Count = 1
    clip_norm: Positive | None = None
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed", "64-true"] = "auto"
    channels_last: bool = True
    fused: Literal["auto"] | bool = "auto"
    validate_every: Count = 1
    early_stopping: Count | None = None
    accelerator: str = "auto"
    devices: int | str | tuple[int, ...] = "auto"
    num_nodes: Count = 1
    strategy: Annotated[
        str, Field(pattern=r"^(auto|ddp|ddp_find_unused_parameters_(true|false))$")
    ] = "auto"
    sync_batchnorm: bool = False
    check_memory: bool = True
    sample_overlays: Annotated[int, Field(ge=0)] = 4
    max_steps: Count | None = None


class TrainingConfig(Section):
    """A whole recipe.

    `weights` is what the network starts from: a name of the catalogue, a run, a model, or another
    program's file.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = "roadfcn"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    runs: Path = Path("runs")
    weights: WeightsSource | None = None
    data: DataConfig
    model: ModelConfig = ModelConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    loss: LossConfig = LossConfig()
    distillation: DistillationConfig = DistillationConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    trainer: TrainerConfig = TrainerConfig()

    @model_validator(mode="after")
    def _fits_together(self) -> TrainingConfig:
        checks = (
            self.data.shares_mistake(),
            self.data.size_mistake(),
            self._scale_mistake(),
            self._rate_mistake(),
            self._features_mistake(),
            self._supervision_mistake(),
            self._distillation_mistake(),
        )
        problems = [problem for problem in checks if problem]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _scale_mistake(self) -> str | None:
        scale = self.augmentation.scale
        if scale is None or scale[0] <= scale[1]:
            return None
        return f"augmentation.scale runs from {scale[0]} down to {scale[1]}"

    def _features_mistake(self) -> str | None:
        if not self.data.encoder_features or "encoder" in self.optimizer.frozen:
            return None
        return (
            f"data.encoder_features is {self.data.encoder_features}, but the encoder learns; "
            "allowed: 0, or optimizer.frozen=[encoder] beside it"
        )

    def _supervision_mistake(self) -> str | None:
        if not self.loss.deep_supervision or "encoder" not in self.optimizer.frozen:
            return None
        return (
            f"loss.deep_supervision is {self.loss.deep_supervision:g}, but the encoder, which it "
            "teaches, is frozen; allowed: 0 with optimizer.frozen=[encoder]"
        )

    def _distillation_mistake(self) -> str | None:
        if self.distillation.teacher is None or not self.data.encoder_features:
            return None
        return (
            f"distillation.teacher is {self.distillation.teacher}, but with data.encoder_features "
            "there are no frames that it could see; allowed: data.encoder_features=0 with a teacher"
        )

    def _rate_mistake(self) -> str | None:
        settings, size = self.optimizer, self.augmentation.crop or self.data.size
        return rate_mistake(
            optimizer=settings.name,
            lr=settings.lr,
            factor=max(settings.encoder_lr_factor, settings.head_lr_factor),
            momentum=settings.momentum,
            reduction=self.loss.reduction,
            pixels=None if size is None else size[0] * size[1],
            clip_norm=self.trainer.clip_norm,
        )
