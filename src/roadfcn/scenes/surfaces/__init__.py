"""What surfaces look like: textures, walls, leaves, letters and the atlas of the ground."""
