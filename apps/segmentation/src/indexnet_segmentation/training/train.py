"""Train a segmentation network: data, model, loss, steps."""

from pathlib import Path

from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_engine.randomness import seed_everything
from indexnet_engine.runs.resume import open_run
from indexnet_engine.training.fine_tune import check_size, load_pretrained, require_one_source
from indexnet_engine.training.loop import fit
from indexnet_engine.training.notes import long_schedule
from indexnet_segmentation.config import TrainConfig
from indexnet_segmentation.data.dataset import CropDataset
from indexnet_segmentation.data.labelled_images import LabelledImages
from indexnet_segmentation.data.open_data import has_splits, labels_are_defined, open_data
from indexnet_segmentation.data.statistics import absent_classes, label_statistics
from indexnet_segmentation.evaluation import held_out, require_classes
from indexnet_segmentation.losses import BALANCES
from indexnet_segmentation.models import MODELS, SegmentationNetwork, create_model, load_encoder
from indexnet_segmentation.predictor import load_model
from indexnet_segmentation.training.task import SegmentationTask

__all__ = ["train"]

# Options that --pretrained weights must share with the model; not all of them show in the tensors.
_MUST_MATCH = ("resampling", "classes", "width", "expansion", "normalization")


def train(config: TrainConfig) -> Path:
    """Run a training and return the folder of the run.

    All training and held-out images and labels are read before the first step.

    Raises:
        UserError: if the configuration or the data are invalid; nothing has been written then.
    """
    resumed = config.resume is not None
    config, make_run = open_run(config, config.resume, "segmentation")
    require_one_source(config.encoder, config.pretrained)
    data, freeze_bn = config.data, config.freezes_bn()
    train_images, test_images = _open(config)
    seed_everything(config.loop.seed)
    model = create_model(**config.model.arguments(train_images.classes.count))
    if not resumed:
        _load_weights(model, config)
    check_size("data.size", data.size, model)
    scales = [data.scale * factor for factor in data.scales]
    train_data = CropDataset(train_images, data.size, scales, config.loop.seed, jitter=data.jitter)
    pixels = label_statistics(train_images, data.cache, least=2).pixels
    label_statistics(test_images, data.cache)
    task = SegmentationTask(
        model,
        train_data,
        test_images,
        weights=BALANCES[config.balance](pixels),
        encoder_lr_scale=config.encoder_lr_scale if config.has_trained_encoder() else 1.0,
        freeze_bn=freeze_bn,
        scale=data.scale,
        max_side=data.max_side,
    )
    task.notes = [
        f"{config.encoder_note()}: its batch norm {'keeps its statistics' if freeze_bn else 'is trained'}"
    ]
    if absent := absent_classes(train_images, pixels.sum(0)):
        task.notes.append(f"note: {train_images.source}: {absent}; they cannot be learned")
    if is_builtin(data.train):
        task.notes += long_schedule(config.loop, len(train_data), 1_000)
    run = make_run(config.out, config.run_name())
    fit(task, run, config.loop, config.optim)
    return run.folder


def _open(config: TrainConfig) -> tuple[LabelledImages, LabelledImages]:
    """Open the training and the held-out images, which must have the same classes."""
    data = config.data
    train_images = open_data(data.train, "train", data.labels, data.cache)
    if data.test is None and not has_splits(data.train):
        raise UserError(f"{data.train}: has no split val or test; name held-out images with --data.test")
    source = data.train if data.test is None else data.test
    # --data.labels describes the training data; other data may have their own description.
    split = held_out(source, "val")
    defined = Path(source) != Path(data.train) and labels_are_defined(source, split)
    test_images = open_data(source, split, None if defined else data.labels, data.cache)
    require_classes(train_images.classes, data.train, test_images)
    return train_images, test_images


def _load_weights(model: SegmentationNetwork, config: TrainConfig) -> None:
    """Load the weights that a new training starts from."""
    if config.encoder is not None:
        load_encoder(model, config.encoder)
    if config.pretrained is not None:
        load_pretrained(model, config.pretrained, load_model, MODELS, _MUST_MATCH)
