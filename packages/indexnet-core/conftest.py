"""Collecting doctests imports every module; where Triton is not installed those with kernels cannot."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("triton") else ["src/indexnet_core/fused/triton_kernels"]
