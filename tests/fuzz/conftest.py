"""Campaigns measure memory and processor time in ways that Windows does not have."""

import sys

collect_ignore = ["test_campaigns.py"] if sys.platform == "win32" else []
