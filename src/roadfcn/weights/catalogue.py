"""Trained networks of others that are known by name: where they lie, and what they must be.

Hashes are those that the publishers' own programs check, or that several programs of others do.
"""

from __future__ import annotations

from pathlib import Path

from roadfcn.downloads.known_file import KnownFile, Licence, catalogue_of, find_known
from roadfcn.downloads.local_copies import local_copy
from roadfcn.downloads.transfer import Progress
from roadfcn.weights.shipped_models import SHIPPED_NAMES, shipped_path
from roadfcn.weights.tensorflow_files import is_tensorflow

# VGG's page: "released under Creative Commons Attribution License"; Keras repeats it.
_VGG_TERMS = "CC BY 4.0 (VGG, University of Oxford)"
_VGG_PAGE = "https://www.robots.ox.ac.uk/~vgg/research/very_deep/"
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16"
_BERKELEY = "http://dl.caffe.berkeleyvision.org"
# README of shelhamer/fcn.berkeleyvision.org: "unrestricted use; see the BVLC model license"
_FCN_LICENCE = Licence("unrestricted (BVLC model licence)", "http://fcn.berkeleyvision.org")


def _fcn(name: str, what: str, file_name: str, sha1: str | None = None) -> KnownFile:
    """Describe one of Berkeley's networks; addresses are those of its `caffemodel-url` files."""
    return KnownFile(
        name=name,
        summary=f"{what}, 21 classes of PASCAL VOC, from Caffe",
        address=f"{_BERKELEY}/{file_name}",
        file_name=file_name,
        kind="caffemodel",
        licence=_FCN_LICENCE,
        older_digest=None if sha1 is None else ("sha1", sha1),
    )


WEIGHTS = catalogue_of(
    KnownFile(
        name="vgg16-torchvision",
        summary="VGG16 for ImageNet, trained with PyTorch",
        address="https://download.pytorch.org/models/vgg16-397923af.pth",
        file_name="vgg16-397923af.pth",
        kind="torch",
        licence=Licence(
            "BSD 3-Clause (torchvision), as far as ImageNet's terms of access allow",
            "https://docs.pytorch.org/vision/stable/models/vgg.html",
        ),
        # torchvision keeps the first eight digits in the name and checks them; the rest, and the
        # size, stand alike in many programs that check this file.
        sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        size_bytes=553_433_881,
    ),
    KnownFile(
        name="vgg16-tensorflow",
        summary="VGG16 made convolutional, a SavedModel of TensorFlow: data/vgg",
        # helper.py of udacity/CarND-Semantic-Segmentation, maybe_download_pretrained_vgg; no hash
        # of it has been published.
        address="https://s3-us-west-1.amazonaws.com/udacity-selfdrivingcar/vgg.zip",
        file_name="vgg.zip",
        kind="zip",
        licence=Licence(
            f"not stated; made from VGG's weights, {_VGG_TERMS}",
            "https://github.com/udacity/CarND-Semantic-Segmentation",
        ),
        unpacks_to=Path("data/vgg"),
        holds=("saved_model.pb", "variables"),
    ),
    KnownFile(
        name="vgg16-keras",
        summary="VGG16 for ImageNet, VGG's own weights in Keras' form",
        # address and MD5: keras/src/applications/vgg16.py; size: what Keras reports in fetching it
        address=f"{_KERAS}/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        file_name="vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        kind="hdf5",
        licence=Licence(_VGG_TERMS, "https://keras.io/api/applications/vgg/"),
        older_digest=("md5", "64373286793e3c8b2b4e3219cbf3544b"),
        size_bytes=553_467_096,
    ),
    KnownFile(
        name="vgg16-keras-notop",
        summary="the same without its dense layers: fc6 and fc7 start fresh",
        address=f"{_KERAS}/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        file_name="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        kind="hdf5",
        licence=Licence(_VGG_TERMS, "https://keras.io/api/applications/vgg/"),
        older_digest=("md5", "6d6bbae143d832006294945121d1f1fc"),
        size_bytes=58_889_256,
    ),
    KnownFile(
        name="vgg16-caffe",
        summary="VGG16 for ImageNet, VGG's own weights, as the FCN paper started from",
        address="https://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/"
        "VGG_ILSVRC_16_layers.caffemodel",
        file_name="VGG_ILSVRC_16_layers.caffemodel",
        kind="caffemodel",
        licence=Licence(_VGG_TERMS, _VGG_PAGE),
        # SHA-1: testdata/dnn/download_models.py of opencv/opencv_extra, and MXNet's converter;
        # size: what Caffe reports in reading it
        older_digest=("sha1", "9363e1f6d65f7dba68c4f27a1e62105cdf6c4e24"),
        size_bytes=553_432_081,
    ),
    # SHA-1: testdata/dnn/download_models.py of opencv/opencv_extra; none is known of the others
    _fcn(
        "fcn32s-caffe",
        "FCN-32s",
        "fcn32s-heavy-pascal.caffemodel",
        "05eb922d7829c39448f57e5ab9d8cd75d6c0be6d",
    ),
    _fcn("fcn16s-caffe", "FCN-16s", "fcn16s-heavy-pascal.caffemodel"),
    _fcn(
        "fcn8s-caffe",
        "FCN-8s",
        "fcn8s-heavy-pascal.caffemodel",
        "c449ea74dd7d83751d1357d6a8c323fcf4038962",
    ),
    _fcn("fcn8s-atonce-caffe", "FCN-8s trained at once", "fcn8s-atonce-pascal.caffemodel"),
)
"""What `roadfcn weights list` shows below the models that come with roadfcn."""


def resolve_weights(
    given: str | Path,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    offline: bool = False,
) -> Path:
    """Give the path of weights: of a file, a folder or a zip archive, or of a known name.

    A model that comes with roadfcn is there; another known name is fetched if it is not here;
    archives are unpacked.

    Args:
        given: A path, a name of `WEIGHTS` or of `shipped_models`; what lies at a path comes first.
        cache: Another cache than the user's.
        progress: Is told (bytes here, bytes in all or None) while something is fetched.
        offline: Use no network.

    Raises:
        ConfigError: Neither a path nor a name.
        DownloadError: It cannot be had, or is not what it should be.
        OutputError: The cache cannot be written.
    """
    path = Path(given)
    if is_tensorflow(path):  # the prefix of a checkpoint's files is not itself a path
        return path
    if not path.exists():
        if str(given) in SHIPPED_NAMES:
            return shipped_path(str(given))
        find_known(str(given), WEIGHTS, SHIPPED_NAMES)
    return local_copy(given, WEIGHTS, cache=cache, progress=progress, offline=offline)
