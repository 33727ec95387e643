"""What a frozen encoder says of all frames, computed once."""
