"""Networks: N,3,H,W float32 to N,C,H,W logits. Torch, and nothing of files or data."""
