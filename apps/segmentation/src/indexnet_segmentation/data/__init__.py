"""Images, their labels, classes and crops: everything between a folder and a training sample."""
