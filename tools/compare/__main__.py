"""Train a network for each operator and seed with the same budget; compare their costs and metrics.

    python -m tools.compare --task denoising --data BSD400 --test BSD68 Set12 --operators max hin-nl
    python -m tools.compare --task matting --operators max hin-nl-c m2o-nl-c --seeds 2 --loop.steps 300
    python -m tools.compare --task segmentation --config camvid-small --data CamVid --operators max hin-nl
    python -m tools.compare --task depth --operators max+nearest m2o --rules mean max first squeeze

All trainings have the same configuration, except for operator and seed. Further options of
`indexnet-TASK train` are passed on, ``--loop.steps 300`` for example. Runs stay below --out: an interrupted
run is resumed, a finished run is only measured, a run of another configuration is refused. Each task has
further options, such as --test: `--task TASK --help` lists them. The tool prints a Markdown table:
parameters, GFLOPs, the median time of a training step and of one image (all operators in turns), and the
mean, lowest and highest value of each metric over the seeds. The folder --out gets the table as table.md, all
metrics as table.csv, those of each seed as measures.json, a plot of one metric over one cost as plot.png, and
test images with the predictions of each operator's first seed as panels.png.
"""

from functools import partial

from tools.command import run
from tools.compare.cli import main

if __name__ == "__main__":
    run(partial(main, __doc__ or ""))
