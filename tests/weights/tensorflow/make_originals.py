"""Have TensorFlow make models and say what they compute: `make_originals.py FOLDER`.

vgg/            the described SavedModel             vgg.npz         its outputs
frozen/         the same, its weights as constants
other_mean/     with a mean of its own
rgb/            with colours left as they are        rgb.npz         its outputs
scaled/         with pictures of 0..1 minus a mean
untouched/      with pictures as they come
fcn/            checkpoints of `layers()` on vgg/     fcn.npz         its logits
scoped/         the same decoder, named and numbered otherwise
training/       a float64 FCN before training         training.npz    gradients, 5 steps of Adam
stranger/       a SavedModel of another network
"""

import sys
from pathlib import Path

import graphs
import numpy as np
import tensorflow as tf
from graphs import tf1

SIZES = ((32, 32), (64, 96), (160, 64))
CLASSES = 3
TAG = "vgg16"


def save(session, folder, tag=TAG):
    builder = tf1.saved_model.builder.SavedModelBuilder(str(folder))
    builder.add_meta_graph_and_variables(session, [tag])
    builder.save()


def pictures(size, count=2):
    rng = np.random.default_rng(size[0] * 1000 + size[1])
    return rng.integers(0, 256, (count, *size, 3)).astype(np.float32)


def tensors(session):
    names = ("image_input", "keep_prob", "layer3_out", "layer4_out", "layer7_out")
    return [session.graph.get_tensor_by_name(f"{name}:0") for name in names]


PREPARATIONS = {
    "vgg": graphs.AS_DESCRIBED,
    "other_mean": graphs.bgr_minus((90.0, 100.5, 110.0)),
    "rgb": lambda image: image - np.float32([123.68, 116.779, 103.939]),
    "scaled": lambda image: image / 255 - np.float32([0.4, 0.45, 0.5]),
    "untouched": tf.identity,
}


def make_encoders(folder):
    for name, prepare in PREPARATIONS.items():
        with tf1.Graph().as_default(), tf1.Session() as session:
            graphs.vgg16(np.random.default_rng(1), prepare=prepare)
            session.run(tf1.global_variables_initializer())
            save(session, folder / name)
            if name == "vgg":
                frozen = tf1.graph_util.convert_variables_to_constants(
                    session, session.graph_def, ["layer3_out", "layer4_out", "layer7_out"]
                )
            if name == "other_mean":
                make_odd(session, folder)
    with tf1.Graph().as_default(), tf1.Session() as session:
        tf1.import_graph_def(frozen, name="")
        save(session, folder / "frozen")
    with tf1.Graph().as_default(), tf1.Session() as session:
        tf1.get_variable("dense/kernel", initializer=tf.ones((3, 2)), use_resource=False)
        session.run(tf1.global_variables_initializer())
        save(session, folder / "stranger", "serve")


def make_odd(session, folder):
    odd = graphs.variables()
    odd["dense/kernel"] = odd.pop("conv3_2/biases")
    odd["fc7/weights"] = tf1.get_variable(
        "narrow", initializer=tf.ones((1, 1, 16, 8)), use_resource=False
    )
    session.run(odd["fc7/weights"].initializer)
    (folder / "odd").mkdir()
    tf1.train.Saver(odd).save(session, str(folder / "odd" / "net"), write_meta_graph=False)


def run_encoder(folder, name):
    found = {}
    with tf1.Graph().as_default(), tf1.Session() as session:
        tf1.saved_model.loader.load(session, [TAG], str(folder / name))
        image, keep, *outputs = tensors(session)
        for size in SIZES:
            key = "x".join(map(str, size))
            found[f"{key} image"] = pictures(size)
            values = session.run(outputs, {image: pictures(size), keep: 1.0})
            for layer, value in zip((3, 4, 7), values, strict=True):
                found[f"{key} layer{layer}"] = value
    np.savez(folder / f"{name}.npz", **found)


def train_on_top(folder):
    """Do as the project's programs do: load, add `layers()`, take some steps, save."""
    found = {}
    with tf1.Graph().as_default(), tf1.Session() as session:
        tf1.saved_model.loader.load(session, [TAG], str(folder / "vgg"))
        image, keep, *outputs = tensors(session)
        # Kernels large enough that no branch is lost beside the others.
        logits, _ = graphs.layers(np.random.default_rng(2), *outputs, CLASSES, deviation=0.3)
        loss = tf.reduce_mean(tf.square(logits))
        count = tf1.train.get_or_create_global_step()
        step = tf1.train.AdamOptimizer(1e-3).minimize(loss, global_step=count)
        session.run(tf1.global_variables_initializer())
        saver = tf1.train.Saver()
        for _ in range(2):
            session.run(step, {image: pictures((64, 64)), keep: 0.5})
            saver.save(session, str(folder / "fcn" / "model.ckpt"), global_step=count)
        for size in SIZES:
            key = "x".join(map(str, size))
            found[f"{key} image"] = pictures(size)
            found[f"{key} logits"] = session.run(logits, {image: pictures(size), keep: 1.0})
        renamed = {_renamed(name): item for name, item in graphs.variables().items()}
        tf1.train.Saver(renamed).save(session, str(folder / "scoped" / "net"))
    np.savez(folder / "fcn.npz", **found)


def _renamed(name):
    """Number the layers from 3 on, in a scope; score pool3 before pool4, as many programs do."""
    layer, _, rest = name.partition("/")
    renamed = {
        "conv2d": "net/conv2d_3",
        "conv2d_1": "net/conv2d_10",
        "conv2d_2": "net/conv2d_9",
        "conv2d_transpose": "net/conv2d_transpose_9",
        "conv2d_transpose_1": "net/conv2d_transpose_10",
        "conv2d_transpose_2": "net/conv2d_transpose_8",
    }
    return f"{renamed.get(layer, layer)}/{rest}" if rest else layer


def train_in_double_precision(folder):
    size = (64, 96)
    with tf1.Graph().as_default(), tf1.Session() as session:
        graphs.vgg16(np.random.default_rng(3), tf.float64)
        image, keep, *outputs = tensors(session)
        logits, penalties = graphs.layers(np.random.default_rng(4), *outputs, CLASSES)
        truth = np.random.default_rng(5).integers(0, CLASSES, (2, *size))
        entropy = tf.nn.softmax_cross_entropy_with_logits(
            labels=tf.reshape(tf.one_hot(truth, CLASSES, dtype=tf.float64), (-1, CLASSES)),
            logits=tf.reshape(logits, (-1, CLASSES)),
        )
        loss = tf.reduce_mean(entropy) + tf.add_n(penalties)
        trained = graphs.variables()
        gradients = dict(zip(trained, tf.gradients(loss, list(trained.values())), strict=True))
        step = tf1.train.AdamOptimizer(1e-3).minimize(loss)
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver(trained).save(session, str(folder / "training" / "start"))
        feed = {image: pictures(size), keep: 1.0}
        before = session.run(trained)
        found = {"image": pictures(size), "truth": truth, "loss": session.run(loss, feed)}
        for name, value in session.run(gradients, feed).items():
            found[f"gradient {name}"] = value
        for _ in range(5):
            session.run(step, feed)
        for name, value in session.run(trained).items():
            found[f"change {name}"] = value - before[name]
    np.savez(folder / "training.npz", **found)


if __name__ == "__main__":
    tf1.disable_eager_execution()
    out = Path(sys.argv[1])
    make_encoders(out)
    run_encoder(out, "vgg")
    run_encoder(out, "rgb")
    train_on_top(out)
    train_in_double_precision(out)
