"""Training scenes without end: mattes of many kinds, textures, backgrounds, lenses, files and trimaps."""
