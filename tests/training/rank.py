"""One process of a run of several; the test runs this file in each, with these names given.

RANK, PROCESSES, PORT: as torchrun tells its processes. TASK: what to do. CONFIG: the recipe.
OUT: where to leave what happened, as <rank>.json.
"""

import json
import os

import torch
from lightning_utilities.core.rank_zero import rank_zero_only

os.environ.update(
    {
        "RANK": str(RANK),  # noqa: F821
        "LOCAL_RANK": str(RANK),  # noqa: F821
        "WORLD_SIZE": str(PROCESSES),  # noqa: F821
        "LOCAL_WORLD_SIZE": str(PROCESSES),  # noqa: F821
        "GROUP_RANK": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(PORT),  # noqa: F821
        "TORCHELASTIC_RUN_ID": "test",
    }
)
rank_zero_only.rank = RANK  # noqa: F821 - this process was forked after it was found out
torch.set_num_threads(1)


def run_training():
    """Train; tell how it ended."""
    from roadfcn.training.runs.run import train

    try:
        result = train(CONFIG)  # noqa: F821
    except BaseException as end:
        return {"type": type(end).__name__, "text": str(end)}
    return {"type": "", "run": str(result.run)}


def run_validation():
    """Validate with weights that depend on the seed only; tell the scores."""
    from types import SimpleNamespace

    from lightning.pytorch import seed_everything

    from roadfcn.training.assembly.assembly import make_module
    from roadfcn.training.assembly.opening_frames import open_frames
    from roadfcn.training.batches.data import RoadData

    if PROCESSES > 1:  # noqa: F821
        torch.distributed.init_process_group("gloo")
    seed_everything(CONFIG.seed, verbose=False)  # noqa: F821
    train_frames, val_frames = open_frames(CONFIG)  # noqa: F821
    module = make_module(CONFIG, train_frames).eval()  # noqa: F821
    with torch.no_grad():
        # Statistics of norms differ between processes, as they do after training steps.
        for buffer in module.model.buffers():
            buffer.add_(RANK)  # noqa: F821
    scores = {}
    module.log_dict = scores.update
    data = RoadData(train_frames, val_frames, batch_size=4, workers=0)
    data.trainer = SimpleNamespace(world_size=PROCESSES, global_rank=RANK)  # noqa: F821
    module.on_validation_epoch_start()
    seen = []
    with torch.no_grad():
        for step, batch in enumerate(data.val_dataloader()):
            module.validation_step(batch, step)
            seen += batch.indices.tolist()
    module.on_validation_epoch_end()
    return {"scores": scores, "counts": module.validation.counts.tolist(), "seen": seen}


def hang():
    """Wait for another process, deaf, while a child has ended."""
    import subprocess
    import time
    from types import SimpleNamespace

    from roadfcn.training.processes import process_guard

    process_guard._GRACE_S = 0.5
    trainer = SimpleNamespace(world_size=2, global_rank=0, strategy=SimpleNamespace(launcher=None))
    guard = process_guard._Guard(trainer, lambda: OUT)  # noqa: F821
    guard._watch_children([subprocess.Popen(["sleep", "60"]), subprocess.Popen(["false"])])
    time.sleep(60)


def outlive():
    """Start as the second process of a run whose first one has ended in the meantime."""
    import subprocess
    import time
    from types import SimpleNamespace

    from lightning.fabric.plugins.environments import LightningEnvironment
    from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher

    from roadfcn.training.processes import process_guard

    process_guard._GRACE_S = 0.5
    first = subprocess.Popen(["true"])
    first.wait()
    os.environ[process_guard._PARENT] = str(first.pid)
    strategy = SimpleNamespace(launcher=_SubprocessScriptLauncher(LightningEnvironment(), 2, 1))
    trainer = SimpleNamespace(world_size=2, global_rank=1, strategy=strategy)
    process_guard._Guard(trainer, lambda: OUT)  # noqa: F821
    time.sleep(60)


TASKS = {"train": run_training, "validate": run_validation, "hang": hang, "outlive": outlive}
outcome = TASKS[TASK]()  # noqa: F821
(OUT / f"{RANK}.json").write_text(json.dumps(outcome), encoding="utf-8")  # noqa: F821
if outcome.get("type"):
    os._exit(2)  # at once, as a program that ends with an error
