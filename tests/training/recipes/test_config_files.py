import re
from pathlib import Path

import pytest

from roadfcn.errors import ConfigError
from roadfcn.training.recipes.config_files import make_config, read_config, write_config

RECIPES = sorted((Path(__file__).parents[3] / "configs").rglob("*.yaml"))


def test_three_mistakes_come_in_one_message(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "data: {path: here, layuot: camvid}\ntrainer: {epochs: 0}\noptimizer: {name: adm}\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_config(recipe)
    message = str(caught.value)
    assert "3 mistakes" in message
    assert "data.layuot: unknown key; did you mean 'layout'?" in message
    assert "trainer.epochs: found 0; allowed: a whole number, 1 or more" in message
    assert "optimizer.name: found 'adm'; allowed: adamw, adam, sgd" in message


def test_a_setting_of_several_types_is_described_in_one_line():
    with pytest.raises(ConfigError) as caught:
        make_config({"data": {"path": "x", "workers": "many"}})
    assert len(re.findall("data.workers", caught.value.found)) == 1
    assert "data.workers: found 'many'; allowed: a whole number, 0 or more, or auto" in (
        caught.value.found
    )


def test_a_list_is_shown_whole_though_one_entry_is_wrong():
    with pytest.raises(ConfigError, match=r"data\.size: found \[10, 0\]; allowed: a list of 2"):
        make_config({"data": {"path": "x", "size": [10, 0]}})


def test_a_section_or_key_of_the_wrong_kind_is_told_like_any_other_mistake():
    with pytest.raises(ConfigError) as caught:
        make_config({"data": {"path": "x"}, "trainer": 3, 1: 2})
    assert "trainer: found 3; allowed: a section of settings" in caught.value.found
    assert "1: unknown key; known: name, seed" in caught.value.found
    assert "Input should" not in caught.value.found
    assert "Value error" not in caught.value.found


@pytest.mark.parametrize(
    ("override", "found"),
    [
        ("data.path=\udcff", "a text that no file can hold"),
        ("name=a: &a [*a]", "name: found"),
        ("seed=2024-13-45", "seed: found '2024-13-45'"),
        ("trainer.epochs=" + "9" * 5000, "trainer.epochs: found '999"),
        ("trainer.epochs=99999999999", "trainer.epochs: found 99999999999"),
        ("a" * 9000, "is no override"),
    ],
)
def test_odd_overrides_are_refused_with_a_short_message(override, found):
    with pytest.raises(ConfigError, match=found) as caught:
        make_config({"data": {"path": "x"}}, [override])
    assert len(str(caught.value)) < 1000


def test_missing_data_is_named():
    with pytest.raises(ConfigError, match="data: missing"):
        make_config({})


def test_unknown_key_without_a_near_one_lists_the_known():
    with pytest.raises(ConfigError, match=r"loss\.zzzz: unknown key; known: reduction"):
        make_config({"data": {"path": "x"}, "loss": {"zzzz": 1}})


def test_overrides_replace_single_settings():
    config = make_config(
        {"data": {"path": "x"}, "trainer": {"epochs": 3, "batch_size": 2}},
        ["trainer.epochs=7", "optimizer.lr=1e-3", "data.size=[10, 20]", "model.name=vgg16"],
    )
    assert config.trainer.epochs == 7
    assert config.trainer.batch_size == 2
    assert config.optimizer.lr == 0.001
    assert config.data.size == (10, 20)
    assert config.model.name == "vgg16"


def test_paths_are_taken_as_they_are_typed():
    config = make_config({"data": {"path": "x"}}, ["data.path=/roads #2", "runs=2024"])
    assert config.data.path == Path("/roads #2")
    assert config.runs == Path("2024")


def test_changes_are_taken_as_they_are_and_overrides_come_last(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("data: {path: x}\ntrainer: {epochs: 2}\n")
    changes = {"data.path": Path("out #2"), "trainer.epochs": 3, "seed": 5}
    config = read_config(recipe, ["trainer.epochs=4"], changes=changes)
    assert (config.data.path, config.trainer.epochs, config.seed) == (Path("out #2"), 4, 5)


@pytest.mark.parametrize("override", ["trainer.epochs", "=3", ".=1", "a..b=1"])
def test_text_that_is_no_override_is_refused(override):
    with pytest.raises(ConfigError, match="is no override"):
        make_config({"data": {"path": "x"}}, [override])


def test_scientific_numbers_without_a_dot_are_numbers(tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("data: {path: x}\noptimizer: {lr: 4e-3, betas: [9e-1, 0.99]}\n")
    config = read_config(recipe)
    assert config.optimizer.lr == 0.004
    assert config.optimizer.betas == (0.9, 0.99)


def test_config_is_read_back_as_written(tmp_path):
    config = make_config(
        {"data": {"path": "x"}, "loss": {"class_weights": {"road": 2.0}}},
        ["augmentation.crop=[8, 8]"],
    )
    write_config(tmp_path / "config.yaml", config)
    assert read_config(tmp_path / "config.yaml") == config


def test_drives_that_look_like_numbers_stay_as_they_are_typed(tmp_path):
    config = make_config({"data": {"path": "x"}}, ["data.held_out_drives=[0016E5, 1e5, 20110926]"])
    assert config.data.held_out_drives == ("0016E5", "1e5", "20110926")
    write_config(tmp_path / "config.yaml", config)
    assert read_config(tmp_path / "config.yaml") == config


def test_entries_of_a_list_of_sections_are_overridden_by_their_number():
    values = {"data": {"path": "x", "also": [{"path": "a", "share": 0.5}]}}
    config = make_config(values, ["data.also.0.share=2e-1", "data.also.0.path=2024 #1"])
    (also,) = config.data.also
    assert (also.share, also.path) == (0.2, Path("2024 #1"))
    assert values["data"]["also"][0]["share"] == 0.5
    with pytest.raises(ConfigError, match=r"'data.also.1.share' is no entry of a list of 1"):
        make_config(values, ["data.also.1.share=0.2"])
    with pytest.raises(ConfigError, match=r"'data.also.share' is no entry of a list of 1"):
        make_config(values, ["data.also.share=0.2"])


def test_mistakes_in_a_list_of_sections_have_a_line_each():
    also = [{"path": "a", "shear": 1}, 4, {"path": "b", "share": 1, "layout": "kitti"}]
    with pytest.raises(ConfigError) as caught:
        make_config({"data": {"path": "x", "also": also}})
    lines = caught.value.found.splitlines()[1:]
    assert sorted(lines) == [
        "    - data.also.0.share: missing; allowed: a number, above 0, below 1",
        "    - data.also.0.shear: unknown key; did you mean 'share'?",
        "    - data.also.1: found 4; allowed: a section of settings, at least path, share",
        "    - data.also.2.layout: found 'kitti'; allowed: kitti-road, camvid, camvid-32, "
        "cityscapes, voc, sbd, voc-sbd, folders, or null",
        "    - data.also.2.share: found 1; allowed: a number, above 0, below 1",
    ]


def test_shares_that_leave_next_to_nothing_of_the_main_set_are_refused():
    also = [{"path": "a", "share": 0.5}, {"path": "b", "share": 0.46}]
    with pytest.raises(
        ConfigError, match=r"shares of data\.also add up to 0\.96; allowed: up to 0"
    ):
        make_config({"data": {"path": "x", "also": also}})
    assert make_config({"data": {"path": "x", "also": also}}, ["data.also.1.share=0.45"])


def test_summed_loss_with_a_rate_for_means_is_refused_with_the_reason():
    values = {"data": {"path": "x"}, "loss": {"reduction": "sum"}}
    with pytest.raises(ConfigError, match="impossible with sgd on a summed loss"):
        make_config(values, ["optimizer.name=sgd"])
    assert make_config(values, ["optimizer.name=adam"]).optimizer.lr == 1e-3


def test_strategies_that_divide_the_network_are_refused():
    with pytest.raises(ConfigError, match=r"trainer\.strategy"):
        make_config({"data": {"path": "x"}}, ["trainer.strategy=fsdp"])


def test_scale_that_runs_down_is_refused():
    with pytest.raises(ConfigError, match=r"augmentation.scale runs from 2.0 down to 1.0"):
        make_config({"data": {"path": "x"}, "augmentation": {"scale": [2, 1]}})


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"- a\n- b\n", "holds a list"),
        (b"a: [1, 2\n", "is not YAML"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a: &a [*a]", "unfolds to more than 50 levels"),
        (b"seed: 2024-13-45", "month must be in 1..12"),
        (b"", "data: missing"),
    ],
)
def test_file_that_is_no_recipe_is_refused(tmp_path, content, found):
    recipe = tmp_path / "r.yaml"
    recipe.write_bytes(content)
    with pytest.raises(ConfigError, match=found):
        read_config(recipe)


def test_the_recipe_that_was_meant_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "slim.yaml").write_text("name: x")
    for wrong in ("slim", "slim.yml", "configs/slim", "configs/slim.yml"):
        with pytest.raises(ConfigError) as caught:
            read_config(Path(wrong))
        assert caught.value.do.startswith(f"did you mean {Path('configs/slim.yaml')}? Else check")
    with pytest.raises(ConfigError) as caught:
        read_config(Path("slam"))
    assert caught.value.do.startswith("check the path")


def test_missing_recipe_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="there is no recipe"):
        read_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read: .*name too long"):
        read_config(tmp_path / ("a" * 5000))
    with pytest.raises(ConfigError, match="more than 131072 characters"):
        read_config(Path("/dev/zero"))


def test_there_are_recipes():
    assert len(RECIPES) >= 4


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_valid_and_says_how_to_run_it(recipe):
    config = read_config(recipe)
    assert config.name == recipe.stem
    comments = [
        line for line in recipe.read_text(encoding="utf-8").splitlines() if line.startswith("#")
    ]
    assert any(f"roadfcn train configs/{recipe.name}" in line for line in comments)


@pytest.mark.parametrize("crop", ["[100]", "[1,2,3]", "[0,4]"])
def test_a_list_of_the_wrong_length_is_told_as_it_is(crop):
    with pytest.raises(ConfigError) as caught:
        make_config({"data": {"path": "x"}}, [f"augmentation.crop={crop}"])
    assert f"augmentation.crop: found {crop.replace(',', ', ')}; allowed: " in caught.value.found
