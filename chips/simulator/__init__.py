"""A simulated card (模拟芯片): speaks APDUs and keeps its own memory; it knows neither register nor models."""
