"""The simulated institute (模拟灌装机构): a process, a database and a role of its own, keys that nobody else has.

It holds the root in three components, derives the masters of issuer, Ministry and provinces, fills cards, and sends a
province its masters as key blocks with two envelopes. Nothing of the product imports it.
"""
