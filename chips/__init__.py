"""The security chip of official seals (公章专用安全芯片): a simulation; the real chip's protocol is not public."""
