"""Indexed pooling and upsampling from index logits, as Triton kernels (Section 4, Table 4).

The only folder of the core that imports Triton: import it where a kernel is about to be launched. With
``TRITON_INTERPRET=1`` set before that, the same kernels run on the CPU in Triton's interpreter.

One launch for each function. A program holds a block of channels × regions; the k² positions of a region
are registers, so that softmax needs no other thread and no index map is stored. Every value is read once and
written once. Values moved per region and channel (those of a holistic map per region):

===================  =====================================  ==========================
function             reads                                  writes
===================  =====================================  ==========================
`pool`               k² x, k² logits                        1 pooled, [k² weighted]
`pool_backward`      [1] + [k²] gradients, k² x, k² logits  k² grad_x, k² grad_logits
`upsample`           1 y, k² logits                         k² upsampled
`upsample_backward`  k² gradients, 1 y, k² logits           1 grad_y, k² grad_logits
===================  =====================================  ==========================

Tensors may have any strides. The arithmetic is float32, or float64 where an input is; x (y) and the logits
may differ in type. Callers check the sizes.
"""

from indexnet_core.fused.triton_kernels.pooling import pool, pool_backward
from indexnet_core.fused.triton_kernels.upsampling import upsample, upsample_backward

__all__ = ["pool", "pool_backward", "upsample", "upsample_backward"]
