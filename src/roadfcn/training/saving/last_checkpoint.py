"""When `last.ckpt` is saved, what is in it besides Lightning's own state, and how a run stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from roadfcn.training.batches.position import position, settle
from roadfcn.training.processes.collectives import gathered
from roadfcn.training.processes.interruption import Interruption, StopAsked
from roadfcn.training.reporting.curves import Curves
from roadfcn.training.run_folder import LAST_CHECKPOINT
from roadfcn.training.saving.frozen_weights import FrozenWeights
from roadfcn.training.saving.random_state import set_random_state, take_random_state
from roadfcn.training.saving.resuming import FACTS


class LastCheckpoint(Callback):
    """Keeps all that resuming needs as `last.ckpt`, after every epoch; the last of all callbacks.

    What does not learn is in `frozen.ckpt` beside it. Checkpoints that others save have it all.

    Args:
        run: The run folder.
        curves: Their length is noted down, so that what came later can be cut off.
        facts: What the run is made of, to be compared when it is resumed: plain values.
        interruption: Is asked whether to stop.
    """

    def __init__(
        self, run: Path, curves: Curves, facts: dict[str, Any], interruption: Interruption
    ) -> None:
        self.path = run / LAST_CHECKPOINT
        self.curves, self.facts, self.interruption = curves, facts, interruption
        self._frozen, self._saving = FrozenWeights(run), False
        self._random_states: list[dict[str, Any]] | None = None

    def save(self, trainer: Trainer) -> None:
        """Save by way of `AtomicCheckpointIO`. All processes take part, the first one writes."""
        self._saving = True
        try:
            trainer.save_checkpoint(self.path)
        finally:
            self._saving = False

    def stop_if_asked(self, trainer: Trainer, module: LightningModule, *, saved: bool) -> None:
        """Leave the loops if a signal came, with everything saved.

        Raises:
            StopAsked: One came, to any process.
        """
        signal_number = self.interruption.check(module.device)
        if not signal_number:
            return
        if not saved:
            self.save(trainer)
        epoch, batch = position(trainer)
        self.interruption.place = (
            f"epoch {epoch + 1}, step {batch} of {trainer.num_training_batches}"
            if batch
            else f"epoch {epoch}, its end"
            if epoch
            else "its start"
        )
        raise StopAsked(signal_number)

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Put back what Lightning does not, and let signals wait for the end of a step."""
        if self._random_states is not None:
            if position(trainer)[1]:
                # Lightning leaves this out within an epoch, and frozen norms would learn.
                module.on_train_epoch_start()
            else:
                # Lightning takes each run with `max_steps` for one that broke off in an epoch.
                trainer.fit_loop.epoch_loop.restarting = False
            set_random_state(self._random_states[trainer.global_rank])
            self._random_states = None
        self.interruption.listen(between_steps=True)

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Save, and stop here if a signal came in the meantime."""
        self.save(trainer)
        self.stop_if_asked(trainer, module, saved=True)

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Hear signals at once again: all is saved."""
        self.stop_if_asked(trainer, module, saved=True)
        self.interruption.listen(between_steps=False)

    def on_save_checkpoint(
        self, trainer: Trainer, module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add random state, place and facts, and take out what does not learn.

        Called in all processes; the first one writes.
        """
        if self._saving and trainer.is_global_zero:
            self._frozen.take_out(checkpoint, module)
        epoch, batch = position(trainer)
        settle(checkpoint["loops"]["fit_loop"])
        checkpoint[FACTS] = self.facts | {
            "epochs": epoch,
            "batches": batch,
            "steps": trainer.global_step,
            "stopped": bool(trainer.should_stop),
            "processes": trainer.world_size,
            "random": gathered(take_random_state()),
            "curves": self.curves.lengths() if trainer.is_global_zero else {},
        }

    def on_load_checkpoint(
        self, trainer: Trainer, module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Keep the random state until training starts: preparing it draws numbers too."""
        del trainer, module
        self._frozen.go_on(checkpoint)
        self._random_states = checkpoint[FACTS]["random"]


class StopBetweenSteps(Callback):
    """Stops before a step if a signal came; the first of all callbacks.

    Nothing of the step has been logged then, and no random number drawn for it.
    """

    def __init__(self, last: LastCheckpoint) -> None:
        self.last = last

    def on_train_batch_start(
        self,
        trainer: Trainer,
        module: LightningModule,
        batch: Any,  # noqa: ANN401 - Lightning's type
        batch_idx: int,
    ) -> None:
        """Save and stop, but not between batches whose gradients are added up."""
        del batch
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self.last.stop_if_asked(trainer, module, saved=False)
