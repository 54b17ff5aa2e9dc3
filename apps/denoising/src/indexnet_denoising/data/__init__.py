"""Images, patches and noise: everything between a folder and a training sample."""
