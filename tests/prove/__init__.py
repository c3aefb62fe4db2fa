"""Fault and attack proofs with counts (证明): `python -m tests.prove NAME…`."""
