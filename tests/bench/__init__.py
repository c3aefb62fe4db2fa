"""Benchmarks (性能基准): `make bench`. Every figure stands beside its limit and a naive peer of the same run."""
