"""Folders on disk to samples: pictures with masks of class indices and void."""
