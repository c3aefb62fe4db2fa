"""Verbs of filing (备案业务): drafts, submission, making, delivery, returns."""
