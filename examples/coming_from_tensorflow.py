"""A road FCN as TensorFlow programs write it: load_vgg, layers, optimize, train_nn, run.

A folder with `vgg` and `data_road` in it, and one for what comes out; wants a GPU:

    python examples/coming_from_tensorflow.py data runs

docs/coming-from-tensorflow.md tells what differs, and of the shorter way: a recipe.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

import roadfcn
from roadfcn.backends.torch_device import choose_device
from roadfcn.input_format import InputFormat
from roadfcn.label_sets import ROAD, VOID
from roadfcn.prediction.gathering.sources import find_sources
from roadfcn.prediction.runs.files import predict_files
from roadfcn.training.frames.frames import TrainingFrames, collate
from roadfcn.training.optimizers.tensorflow_adam import TensorFlowAdam

Batches = Callable[[int], Iterator[tuple[Tensor, Tensor]]]


def gen_batch_function(data_folder: Path, image_shape: tuple[int, int]) -> Batches:
    """Give a function from batch size to batches, in a new order each time it is called.

    Pictures are N,3,H,W uint8 RGB, labels N,H,W int64 with 0 background, 1 road, 255 void.
    """
    dataset = roadfcn.open_dataset(data_folder, "train")
    frames = TrainingFrames(dataset, ROAD, InputFormat(size=image_shape))
    frames.cache()

    def get_batches_fn(batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        for chosen in torch.randperm(len(frames)).split(batch_size):
            batch = collate([frames[index] for index in chosen.tolist()])
            yield batch.images, batch.masks.long()

    return get_batches_fn


def cross_entropy(logits: Tensor, correct_label: Tensor) -> Tensor:
    """Give the mean softmax cross-entropy over the pixels that have a truth."""
    return functional.cross_entropy(logits, correct_label, ignore_index=VOID)


def run(
    data_dir: Path,
    runs_dir: Path,
    *,
    image_shape: tuple[int, int] = (160, 576),
    epochs: int = 40,
    batch_size: int = 5,
    learning_rate: float = 1e-4,
    keep_prob: float = 0.5,
) -> Path:
    """Train on data_road, starting from vgg; give the folder with the model and pictures."""
    data_road = data_dir / "data_road"
    get_batches_fn = gen_batch_function(data_road, image_shape)

    device = choose_device()
    vgg = roadfcn.load_vgg(data_dir / "vgg").to(device)
    decoder = roadfcn.layers(len(ROAD), vgg.channels).to(device)
    optimizer = TensorFlowAdam([*vgg.parameters(), *decoder.parameters()], lr=learning_rate)

    for epoch in range(epochs):
        losses = []
        for image, label in get_batches_fn(batch_size):
            layer3_out, layer4_out, layer7_out = vgg(image.to(device), keep_prob)
            logits = decoder(layer3_out, layer4_out, layer7_out)
            loss = cross_entropy(logits, label.to(device))
            optimizer.zero_grad()
            (loss + decoder.l2_loss(1e-3)).backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: mean loss {sum(losses) / len(losses):.4f}")

    folder = runs_dir / str(time.time())
    model, card = vgg.join(decoder, ROAD, image_shape=image_shape)
    roadfcn.save_model(folder / "model.safetensors", model, card)

    predictor = roadfcn.Predictor(roadfcn.open_backend(folder))
    scores = roadfcn.evaluate(predictor, roadfcn.open_dataset(data_road, "val")).to_scores()
    print(f"road IoU {scores['per_class']['road']['iou']:.3f} on frames not learned from")
    predict_files(predictor, find_sources([data_road / "testing" / "image_2"], folder), folder)
    print(f"pictures: {folder / 'overlays'}")
    return folder


if __name__ == "__main__":
    run(*map(Path, sys.argv[1:3]))
