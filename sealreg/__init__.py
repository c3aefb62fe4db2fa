"""sealreg: the system a province runs to govern its official seals (公章)."""
