"""Calls and pages of checking (核验视图)."""
