"""Files of others, fetched once: resumed, checked, unpacked with care. Knows no weights or data."""
