"""Saves a narrow VGG16 with Keras itself, in each of its formats, and what it says of a picture.

    KERAS_BACKEND=torch python make_keras_originals.py FOLDER

Widths are a sixteenth of those in `vgg16.py` of keras.applications; names and order are its own.
"""

import sys
from pathlib import Path

import h5py
import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format

BLOCKS = ((4, 2), (8, 2), (16, 3), (32, 3), (32, 3))


def make_vgg16(*, top):
    inputs = maps = keras.Input((224, 224, 3))
    for block, (width, count) in enumerate(BLOCKS, start=1):
        for number in range(1, count + 1):
            maps = keras.layers.Conv2D(
                width,
                3,
                activation="relu",
                padding="same",
                kernel_initializer="he_normal",
                bias_initializer="random_normal",
                name=f"block{block}_conv{number}",
            )(maps)
        maps = keras.layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(maps)
    if top:
        maps = keras.layers.Flatten(name="flatten")(maps)
        maps = keras.layers.Dense(24, activation="relu", name="fc1")(maps)
        maps = keras.layers.Dense(24, activation="relu", name="fc2")(maps)
        maps = keras.layers.Dense(5, name="predictions")(maps)
    return keras.Model(inputs, maps, name="vgg16")


def main(folder):
    keras.utils.set_random_seed(5)
    vgg16 = make_vgg16(top=True)
    vgg16.save_weights(folder / "numbered.weights.h5")
    with h5py.File(folder / "named.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, vgg16)
    vgg16.compile("adam", "mse")
    pictures = np.random.default_rng(6).normal(0, 50, (1, 224, 224, 3)).astype(np.float32)
    vgg16.fit(pictures, np.zeros((1, 5)), epochs=0, verbose=0)
    vgg16.optimizer.build(vgg16.trainable_variables)
    vgg16.save(folder / "whole.h5")

    part = make_vgg16(top=False)
    part.set_weights(vgg16.get_weights()[:26])
    other = keras.Sequential(
        [keras.Input((224, 224, 3)), part, keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    other.save(folder / "part.h5")
    other.save_weights(folder / "part.weights.h5")

    layers = [vgg16.get_layer(name).output for name in ("block3_pool", "block4_pool", "fc2")]
    outputs = keras.Model(vgg16.input, layers).predict(pictures, verbose=0)
    names = ("pool3", "pool4", "fc7")
    np.savez(folder / "told.npz", pictures=pictures, **dict(zip(names, outputs, strict=True)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
