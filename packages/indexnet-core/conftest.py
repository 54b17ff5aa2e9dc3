"""Collecting doctests imports every module; where Triton is not installed one cannot be imported."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("triton") else ["src/indexnet_core/fused/kernels.py"]
