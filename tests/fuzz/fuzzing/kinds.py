"""All kinds of files that campaigns are run over, by name."""

from fuzzing.calibrations import CALIBRATIONS
from fuzzing.checkpoints import CHECKPOINTS
from fuzzing.commands import COMMANDS
from fuzzing.converted_models import CONVERTED_MODELS
from fuzzing.counts import COUNTS
from fuzzing.exports import EXPORTS
from fuzzing.folders import FOLDERS
from fuzzing.foreign_weights import FOREIGN_WEIGHTS
from fuzzing.label_files import LABEL_FILES
from fuzzing.masks import MASKS
from fuzzing.models import MODELS
from fuzzing.pictures import PICTURES
from fuzzing.recipes import RECIPES

_ALL = (
    PICTURES,
    MASKS,
    CALIBRATIONS,
    LABEL_FILES,
    FOLDERS,
    EXPORTS,
    RECIPES,
    CHECKPOINTS,
    MODELS,
    CONVERTED_MODELS,
    FOREIGN_WEIGHTS,
    COUNTS,
    COMMANDS,
)

KINDS = {kind.name: kind for kind in _ALL}
