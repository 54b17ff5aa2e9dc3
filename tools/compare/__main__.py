"""Train one network for each operator and seed on the same budget, and compare what they cost and reach.

    python -m tools.compare --task denoising --data BSD400 --test BSD68 Set12 --operators max hin-nl
    python -m tools.compare --task matting --operators max hin-nl-c m2o-nl-c --seeds 2 --loop.steps 300
    python -m tools.compare --task segmentation --config camvid-small --data CamVid --operators max hin-nl
    python -m tools.compare --task depth --operators max+nearest m2o --rules mean max first squeeze

All trainings have the same configuration, except for operator and seed. Further options of
`indexnet-TASK train` are passed on, ``--loop.steps 300`` for example. Runs stay below --out: an interrupted
run is resumed, a finished run is only measured, a run of another configuration is refused. A task has options
of its own, --test for example: `--task TASK --help` lists them. The tool prints a Markdown
table: parameters, GFLOPs, the median time of a training step and of one image (all operators by turns), and
the mean of each measure over the seeds, with the lowest and the highest. --out keeps it as table.md, all
measures as table.csv, those of each seed as measures.json, a plot of one measure over one cost as plot.png,
and images with what the first seed of each operator makes of them as panels.png.
"""

from functools import partial

from tools.command import run
from tools.compare.cli import main

if __name__ == "__main__":
    run(partial(main, __doc__ or ""))
