import cv2

from indexnet_matting.data.opencv import one_thread


def test_one_thread():
    one_thread()
    assert cv2.getNumThreads() == 1
