"""What a model is worth: `evaluate`, `compare` and `kitti`."""
