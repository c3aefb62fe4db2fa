"""Cryptographic suites (密码套件): vetted primitives behind names that are data."""
