"""From pictures to labels: any size in, the same size out, files and folders."""
