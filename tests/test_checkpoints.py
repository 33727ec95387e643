"""Saved models: what goes in comes out, and whatever does not fit is listed."""

import dataclasses
import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from roadfcn.checkpoints import load_model, save_model
from roadfcn.errors import ModelFileError, OutputError
from roadfcn.input_format import IMAGENET_RGB
from roadfcn.label_sets import CAMVID_11, ROAD
from roadfcn.model_card import ModelCard, read_card
from roadfcn.model_files import CARD_KEY
from roadfcn.models.architecture import FCNArchitecture
from roadfcn.models.fcn import FCN, build_fcn

ARCHITECTURE = FCNArchitecture(
    2, width=1 / 32, batch_norm=True, fc_channels=8, fc_kernel=3, score_start="normal"
)


@pytest.fixture
def model() -> FCN:
    torch.manual_seed(0)
    made = build_fcn(ARCHITECTURE)
    made(torch.randn(2, 3, 64, 64))  # moves batch norm's running averages
    return made.eval()


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(ARCHITECTURE.to_dict(), ROAD, IMAGENET_RGB, provenance={"seed": 0})


@pytest.fixture
def path(tmp_path: Path, model: FCN, card: ModelCard) -> Path:
    made = tmp_path / "run" / "model.safetensors"
    save_model(made, model, card)
    return made


def rewrite(path: Path, card: ModelCard | None, **changes: torch.Tensor | None) -> None:
    """Save the tensors at `path` again, with some replaced, added or (None) removed."""
    tensors = load_file(path) | {name: new for name, new in changes.items() if new is not None}
    kept = {
        name: tensor for name, tensor in tensors.items() if changes.get(name, tensor) is not None
    }
    save_file(kept, path, None if card is None else {CARD_KEY: card.to_json()})


@pytest.mark.parametrize("folder", [False, True])
def test_a_model_survives_saving(folder: bool, path: Path, model: FCN, card: ModelCard):
    loaded, loaded_card = load_model(path.parent if folder else path)
    assert loaded_card == card
    assert loaded.architecture == ARCHITECTURE
    assert not loaded.training
    images = torch.randn(1, 3, 40, 50)
    assert torch.equal(loaded(images), model(images))


def test_a_model_from_before_an_entry_was_added_still_loads(path: Path, card: ModelCard):
    """Decoders that join features came later: an older card does not say that there is none."""
    older = {key: value for key, value in card.architecture.items() if key != "decoder_channels"}
    rewrite(path, dataclasses.replace(card, architecture=older))
    loaded, loaded_card = load_model(path)
    assert loaded.architecture == ARCHITECTURE
    assert loaded_card == card


def test_a_loaded_model_can_be_trained(path: Path, model: FCN):
    loaded, _ = load_model(path)
    assert [name for name, _ in loaded.named_parameters()] == [
        name for name, _ in model.named_parameters()
    ]
    assert all(parameter.requires_grad for parameter in loaded.parameters())
    loaded.train()(torch.randn(2, 3, 64, 64)).sum().backward()


def test_the_card_is_read_without_the_weights(path: Path, card: ModelCard):
    assert read_card(path) == card
    assert read_card(path.parent) == card


def test_reading_a_card_does_not_load_torch(path: Path):
    program = (
        "import sys; from pathlib import Path; from roadfcn.model_card import read_card; "
        "read_card(Path(sys.argv[1])); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_memory_format_and_precision_of_the_model_do_not_matter(
    tmp_path: Path, model: FCN, card: ModelCard
):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.to(memory_format=torch.channels_last)
    path = tmp_path / "model.safetensors"
    save_model(path, model, card)
    after = load_model(path)[0].state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_half_precision_halves_the_file_and_keeps_three_digits(
    tmp_path: Path, path: Path, model: FCN, card: ModelCard
):
    half = tmp_path / "half.safetensors"
    save_model(half, model, card, half=True)
    assert half.stat().st_size < 0.75 * path.stat().st_size
    loaded = load_model(half)[0]
    for name, tensor in model.state_dict().items():
        if tensor.ndim > 1:
            torch.testing.assert_close(loaded.state_dict()[name], tensor, rtol=2**-11, atol=2**-24)
        else:
            assert torch.equal(loaded.state_dict()[name], tensor)
    assert {tensor.dtype for tensor in loaded.parameters()} == {torch.float32}


def test_weights_too_large_for_half_precision_are_refused(
    tmp_path: Path, model: FCN, card: ModelCard
):
    with torch.no_grad():
        model.head.score_fr.weight[0, 0] = 1e6
    with pytest.raises(ModelFileError, match=r"head\.score_fr\.weight has values up to 1e\+06"):
        save_model(tmp_path / "model.safetensors", model, card, half=True)
    assert list(tmp_path.iterdir()) == []


def test_the_file_has_the_rights_that_the_umask_gives(tmp_path: Path, model: FCN, card: ModelCard):
    (tmp_path / "plain").touch()
    save_model(tmp_path / "model.safetensors", model, card)
    rights = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert len(rights) == 1


def test_saving_replaces_what_was_there(path: Path, model: FCN, card: ModelCard):
    save_model(path, model, dataclasses.replace(card, licence="CC0"))
    assert read_card(path).licence == "CC0"
    assert [file.name for file in path.parent.iterdir()] == ["model.safetensors"]


def test_a_full_disk_is_called_so_and_keeps_the_old_model(
    mount_tmpfs: Callable[[str], Path], model: FCN, card: ModelCard
):
    folder = mount_tmpfs("size=300k")
    path = folder / "model.safetensors"
    save_model(path, model, card)
    before = path.read_bytes()
    (folder / "other").write_bytes(bytes(folder_space(folder)))
    with pytest.raises(OutputError, match="the disk is full"):
        save_model(path, model, dataclasses.replace(card, licence="CC0"))
    assert path.read_bytes() == before
    assert sorted(file.name for file in folder.iterdir()) == ["model.safetensors", "other"]


def folder_space(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Error while serializing: I/O error: No space left on device (os error 28)", "is full"),
        ("Error while serializing: I/O error: Permission denied (os error 13)", "no permission"),
        ("something new", "something new"),
    ],
)
def test_the_librarys_words_become_an_output_error(
    text: str,
    said: str,
    tmp_path: Path,
    model: FCN,
    card: ModelCard,
    monkeypatch: pytest.MonkeyPatch,
):
    def fail(*arguments: object) -> None:
        raise SafetensorError(text)

    monkeypatch.setattr("roadfcn.checkpoints.save_file", fail)
    with pytest.raises(OutputError, match=said):
        save_model(tmp_path / "model.safetensors", model, card)
    assert list(tmp_path.iterdir()) == []


def test_a_card_of_another_network_is_not_saved(tmp_path: Path, model: FCN, card: ModelCard):
    other = dataclasses.replace(ARCHITECTURE, head="16s")
    with pytest.raises(ModelFileError, match="'head': '16s'"):
        save_model(
            tmp_path / "a.safetensors",
            model,
            dataclasses.replace(card, architecture=other.to_dict()),
        )


def test_a_card_with_other_classes_is_not_saved(tmp_path: Path, model: FCN, card: ModelCard):
    with pytest.raises(ModelFileError, match="'camvid-11' has 11 classes and its network 2"):
        save_model(
            tmp_path / "a.safetensors", model, dataclasses.replace(card, label_set=CAMVID_11)
        )


def test_all_tensors_that_do_not_fit_are_listed_at_once(path: Path, card: ModelCard):
    rewrite(
        path,
        card,
        **{
            "encoder.conv1_1.weight": None,
            "head.score_fr.bias": None,
            "head.score_pool2.weight": torch.zeros(3),
            "encoder.fc7.weight": torch.zeros(8, 7, 1, 1),
            "head.score_fr.weight": torch.zeros(2, 8, 1, 1, dtype=torch.float64),
            "encoder.fc6.norm.num_batches_tracked": torch.zeros(()),
        },
    )
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    for problem in (
        "encoder.conv1_1.weight is missing",
        "head.score_fr.bias is missing",
        "head.score_pool2.weight is unknown",
        "encoder.fc7.weight is [8, 7, 1, 1] and not [8, 8, 1, 1]",
        "head.score_fr.weight has the type F64 and not F16 or BF16 or F32",
        "encoder.fc6.norm.num_batches_tracked has the type F32 and not I64",
    ):
        assert problem in caught.value.found
    assert caught.value.found.count(";") == 5


def test_weights_without_a_card_are_refused(path: Path):
    rewrite(path, None)
    with pytest.raises(ModelFileError, match="has weights but no card"):
        load_model(path)


def test_a_card_with_an_impossible_network_is_a_fault_of_the_file(path: Path, card: ModelCard):
    values = {**ARCHITECTURE.to_dict(), "num_classes": 0}
    rewrite(path, dataclasses.replace(card, architecture=values))
    with pytest.raises(ModelFileError, match=r"model\.safetensors describes .* num_classes is 0"):
        load_model(path)


def test_a_card_that_asks_for_a_giant_network_takes_no_memory(path: Path, card: ModelCard):
    """The 70 GB of its fc6 are compared as shapes only."""
    giant = dataclasses.replace(ARCHITECTURE, width=4.0, fc_channels=65536, fc_kernel=7)
    rewrite(path, dataclasses.replace(card, architecture=giant.to_dict()))
    with pytest.raises(ModelFileError, match=r"fc6\.weight is \[8, 16, 3, 3\] and not \[65536, 20"):
        load_model(path)


def test_a_header_whose_tensors_overlap_is_refused(path: Path):
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    header["head.score_pool3.bias"]["data_offsets"] = header["head.score_pool4.bias"][
        "data_offsets"
    ]
    text = json.dumps(header, separators=(",", ":")).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + length :])
    with pytest.raises(ModelFileError, match="is damaged"):
        load_model(path)
