"""Compare denoisers on the same noisy images: networks, BM3D and CBM3D, non-local means.

    python -m tools.denoisers white Set12 BSD68 --sigma 15 25 50 --methods noisy nlm bm3d blind-gray
    python -m tools.denoisers clipped Kodak24 --methods noisy bm3d blind-gray runs/denoising/color
    python -m tools.denoisers pairs PolyU --methods noisy nlm blind-gray
    python -m tools.denoisers clean photos/ --methods noisy blind-gray

The first word says what the methods get: `white`, images with white Gaussian noise, not clipped; `clipped`,
the same noise, clipped to [0, 1] and rounded to 8 bits; `pairs`, a folder with noisy/ and clean/ photographs
of the same names; `clean`, photographs without added noise, with which the results are compared. The noise of
an image is fixed by --seed, its name and the noise level, as in `indexnet-denoising evaluate`.

A method is the folder of a run, a file in it (model.safetensors, last.ckpt), a network of the package, or

  noisy  the noisy image itself, not clipped
  nlm    OpenCV's non-local means on the noisy image in 8 bits, with the strength that gives the highest mean
         PSNR on the set, found with the clean images; the table states it
  bm3d   BM3D, on colour images CBM3D, told the true noise level. Install it with `pip install bm3d`: its
         licence allows non-commercial use only, so no package depends on it

The tool prints a Markdown table: means of PSNR, SSIM and spots over the images of a set, and medians of the
seconds of an image, on the clock and of the processor (all threads together; this one hardly depends on other
programs). The folder --out gets the table, the measures of each image as CSV, and panels of crops. Results of
nlm and bm3d are stored in its folder cache/ for each noisy image and version: an interrupted comparison is
resumed, and others use the results again, with the times that were measured first.
"""

from functools import partial

from tools.command import run
from tools.denoisers.cli import main

if __name__ == "__main__":
    run(partial(main, __doc__ or ""))
