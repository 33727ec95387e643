"""`roadfcn doctor`: what it shows, what it writes, and the advice it gives."""

import json
import sys

import pytest
from typer.testing import CliRunner

from roadfcn import installation, machine
from roadfcn.backends import engine_list
from roadfcn.backends.compilers import has_compiler
from roadfcn.backends.engine_list import Engine
from roadfcn.cli.app import app
from roadfcn.cli.machine import doctor as doctor_file
from roadfcn.cli.machine.doctor import diagnose
from roadfcn.installation import Package


@pytest.fixture
def run():
    """Give a function that runs the command in a terminal of fixed width."""
    return lambda *words: CliRunner(env={"COLUMNS": "120"}).invoke(app, ["doctor", *words])


@pytest.fixture
def healthy(monkeypatch):
    """A machine without wants, so that advice comes only from what a test takes away."""
    monkeypatch.setattr(machine, "has_nvidia_driver", lambda: False)
    monkeypatch.setattr(machine, "read_memory", lambda: machine.Memory(2**34, 2**33))
    monkeypatch.setattr(machine, "free_disk_bytes", lambda folder: 2**36)
    monkeypatch.setattr(
        installation, "required_packages", lambda: [Package("numpy", ">=1.26", "2.0.0", fits=True)]
    )


def test_doctor_shows_machine_devices_packages_and_extras(run):
    done = run()
    assert done.exit_code == 0
    for words in ("processor", "memory", "disk", "cpu", "torch", "Extras", "dev"):
        assert words in done.stdout


def test_json_goes_to_standard_output_alone_or_to_a_file(run, tmp_path):
    printed = json.loads(run("--json", "-").stdout)
    done = run("--json", str(tmp_path / "doctor.json"))
    assert done.stderr == f"as JSON: {tmp_path / 'doctor.json'}\n"
    written = json.loads((tmp_path / "doctor.json").read_text(encoding="utf-8"))
    assert printed.keys() == written.keys()
    assert printed["packages"] == written["packages"]
    assert printed["processor"]["usable_threads"] >= 1


def test_a_healthy_machine_gets_no_advice(run, healthy):
    assert diagnose()["advice"] == []
    assert "Everything that roadfcn needs is here." in run().stdout


def test_missing_and_old_packages_come_with_their_command(run, healthy, monkeypatch):
    wanted = [
        Package("kornia", ">=0.8", None, fits=False),
        Package("torch", ">=2.6", "2.1.0", fits=False),
    ]
    monkeypatch.setattr(installation, "required_packages", lambda: wanted)
    assert diagnose()["advice"] == [
        "kornia is missing: pip install 'kornia>=0.8'",
        "torch is too old (2.1.0): pip install 'torch>=2.6'",
    ]
    done = run()
    assert done.exit_code == 1
    assert "pip install 'kornia>=0.8'" in done.stdout
    alone = run("--json", "-")
    assert alone.exit_code == 1
    assert json.loads(alone.stdout)["works"] is False


def test_missing_extras_come_with_their_command(run, healthy, monkeypatch):
    extra = installation.Extra("onnx", "a faster engine", ("onnxruntime",))
    monkeypatch.setattr(installation, "extras", lambda: [extra])
    shown = run().stdout
    assert "a faster engine" in shown
    assert "no: onnxruntime" in shown
    assert "pip install '.[onnx]'" in shown


def test_an_unused_gpu_is_pointed_out(healthy, monkeypatch):
    monkeypatch.setattr(machine, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(doctor_file, "_devices", lambda: ([{"name": "cpu"}], ""))
    (advice,) = diagnose()["advice"]
    assert "There is an NVIDIA driver" in advice
    monkeypatch.setattr(doctor_file, "_devices", lambda: ([{"name": "cuda:0"}], ""))
    assert diagnose()["advice"] == []


def test_a_torch_that_does_not_load_is_no_crash(run, healthy, monkeypatch):
    monkeypatch.setitem(sys.modules, "roadfcn.backends.torch_device_list", None)
    diagnosis = diagnose()
    assert diagnosis["devices"] == []
    assert diagnosis["advice"][0].startswith("PyTorch cannot be loaded (")
    assert diagnosis["works"] is False
    done = run()
    assert done.exit_code == 1
    assert "PyTorch cannot be loaded" in done.stdout


@pytest.mark.skipif(not has_compiler("cpu"), reason="needs a C++ compiler")
def test_engines_are_shown_with_what_they_run_and_where(run):
    engines = {engine["name"]: engine for engine in diagnose()["engines"]}
    assert list(engines) == ["torch", "torch-compiled", "onnx", "openvino"]
    for engine in engines.values():
        assert engine["works"]
        assert "cpu" in engine["devices"]
    shown = run().stdout
    for words in ("ONNX Runtime", "OpenVINO", ".xml with .bin", engines["onnx"]["version"]):
        assert words in shown


def test_an_engine_that_is_not_installed_comes_with_its_command(run, healthy, monkeypatch):
    real = engine_list.find_spec
    monkeypatch.setattr(
        engine_list, "find_spec", lambda name: None if name == "openvino" else real(name)
    )
    openvino = diagnose()["engines"][3]
    assert (openvino["version"], openvino["works"], openvino["devices"]) == (None, False, ())
    assert "pip install '.[openvino]'" in run().stdout
    assert diagnose()["advice"] == [], "an extra that nobody wanted is nothing to mend"


def test_without_a_compiler_one_is_named_and_nothing_else_is_amiss(run, healthy, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setattr(engine_list, "_torch_devices", lambda: ["cpu"])
    torch, compiled = diagnose()["engines"][:2]
    assert torch["works"]
    assert (compiled["version"], compiled["works"], compiled["devices"]) == (None, False, ())
    done = run()
    assert compiled["to_install"] in " ".join(done.stdout.split())
    assert "Everything that roadfcn needs is here." in done.stdout


def test_an_engine_that_does_not_load_is_pointed_out(run, healthy, monkeypatch):
    def fail():
        raise ImportError("libonnx.so: cannot open shared object file")

    monkeypatch.setattr(engine_list, "list_onnx_devices", fail)
    diagnosis = diagnose()
    (advice,) = diagnosis["advice"]
    assert advice.startswith("ONNX Runtime cannot be loaded (")
    assert advice.endswith("pip install '.[onnx]'")
    assert diagnosis["works"], "the others run models"
    assert "cannot be loaded" in run().stdout


def test_without_pytorch_another_engine_is_enough_to_predict(run, healthy, monkeypatch):
    def missing(name):
        return Package(name, "", None, fits=False)

    monkeypatch.setattr(
        installation, "required_packages", lambda: [missing("torch"), missing("kornia")]
    )
    extras = [installation.Extra(name, "", ("nncf",)) for name in ("onnx", "openvino")]
    monkeypatch.setattr(installation, "extras", lambda: extras)
    onnx = Engine("onnx", "ONNX Runtime", ".onnx", "1.32.0", ("cpu",), "", "")
    torch = Engine("torch", "PyTorch", ".safetensors", None, (), "", "pip install torch")
    monkeypatch.setattr(engine_list, "list_engines", lambda: [torch, onnx])
    diagnosis = diagnose()
    assert (diagnosis["works"], diagnosis["only_predicts"]) == (True, True)
    assert (diagnosis["advice"], diagnosis["devices"]) == ([], [])
    done = run()
    assert done.exit_code == 0
    assert "This installation predicts with exported models." in done.stdout
    assert "in the checkout of roadfcn: pip install ." in " ".join(done.stdout.split())
    assert "Everything that prediction with exported models needs is here." in done.stdout
    assert "missing" not in done.stdout, "what was left out on purpose is not missing"
    assert "no: " not in extra_row(done.stdout, "onnx"), "its engine stands in the table above"
    assert "to predict" in extra_row(done.stdout, "onnx")
    assert "pip install '.[openvino]'" in extra_row(done.stdout, "openvino")
    monkeypatch.setattr(
        installation, "required_packages", lambda: [missing("torch"), missing("pillow")]
    )
    assert diagnose()["advice"] == ["pillow is missing: pip install 'pillow'"]
    monkeypatch.setattr(engine_list, "list_engines", lambda: [torch])
    assert not diagnose()["works"], "no engine is left"


def extra_row(shown, name):
    """Give the line of an extra in what the command prints."""
    below = shown[shown.index("Extras") :].splitlines()
    (row,) = [line for line in below if line.split()[:1] == [name]]
    return row


def test_scarce_memory_and_disk_are_pointed_out(run, healthy, monkeypatch):
    monkeypatch.setattr(machine, "read_memory", lambda: machine.Memory(2**34, 2**30))
    monkeypatch.setattr(machine, "free_disk_bytes", lambda folder: 2**30)
    memory_advice, disk_advice = diagnose()["advice"]
    assert "Less than 2 GiB of memory" in memory_advice
    assert "Less than 2 GiB of disk" in disk_advice
    assert run().exit_code == 0, "little room is no reason that nothing works"


def test_unknown_instructions_are_shown_as_unknown(run, healthy, monkeypatch):
    processor = machine.Processor("Unknown Chip", 1, 1, None)
    monkeypatch.setattr(machine, "read_processor", lambda: processor)
    shown = run().stdout
    assert "Unknown Chip" in shown
    assert "1 core, 1 thread for this process" in shown
    assert "instructions: not told by this system" in shown
