"""What a machine has and can do, and what is kept on it: `doctor`, `bench` and `cache`."""
