"""The stages that turn a scene into a photograph's file, each a pure function; see `..camera_noise`."""
