"""The proof's own subscriber, loaded in the workers it kills (证明用接收方)."""
