import cv2

from indexnet_engine.images.opencv import one_thread


def test_one_thread():
    one_thread()
    assert cv2.getNumThreads() == 1
