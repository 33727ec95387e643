"""What labelling programs export, and how it becomes a data set of one's own."""
