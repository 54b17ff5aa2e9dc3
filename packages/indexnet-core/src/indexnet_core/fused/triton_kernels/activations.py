"""Sigmoid and softmax over the k² positions of a region, and their gradients (Table 4)."""

import triton
import triton.language as tl

__all__ = ["activate", "differentiate"]


@triton.jit
def activate(z, KIND: tl.constexpr, K: tl.constexpr):
    """Sigmoid of each of the k² values, or softmax over them; "" leaves them as they are.

    "plain softmax" is softmax of values that are known to be small.
    """
    if KIND == "":
        return z
    results = ()
    if KIND == "sigmoid":
        for p in tl.static_range(K * K):
            results += (_reciprocal(1 + _exp(-z[p])),)
    else:
        if KIND == "softmax":
            top = z[0]
            for p in tl.static_range(1, K * K):
                top = tl.maximum(top, z[p])
        exponentials = ()
        total = tl.zeros_like(z[0])
        for p in tl.static_range(K * K):
            exponential = _exp(z[p] - top) if KIND == "softmax" else _exp(z[p])
            exponentials += (exponential,)
            total += exponential
        inverse = _reciprocal(total)
        for p in tl.static_range(K * K):
            results += (exponentials[p] * inverse,)
    return results


@triton.jit
def _exp(x):
    """exp(x) in two float32 instructions; `tl.exp`, which handles subnormal results, takes five."""
    return tl.exp2(x * 1.4426950408889634)


@triton.jit
def _reciprocal(x):
    """1/x of a sum of exponentials in two float32 instructions; a division takes eight.

    To 3e-7, and 0 of infinity.
    """
    root = tl.rsqrt(x)
    return root * root


@triton.jit
def differentiate(gradients, results, KIND: tl.constexpr, K: tl.constexpr):
    """The gradients of the inputs of `activate`, from those of its results."""
    if KIND == "":
        return gradients
    inputs = ()
    if KIND == "sigmoid":
        for p in tl.static_range(K * K):
            inputs += (gradients[p] * results[p] * (1 - results[p]),)
    else:
        mean = tl.zeros_like(gradients[0])
        for p in tl.static_range(K * K):
            mean += gradients[p] * results[p]
        for p in tl.static_range(K * K):
            inputs += (results[p] * (gradients[p] - mean),)
    return inputs
