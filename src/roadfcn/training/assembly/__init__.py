"""From a recipe to frames, network and trainer."""
