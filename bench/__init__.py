"""Benchmarks: `make bench` runs them on a private system and writes `bench/README.md`."""
