"""Images: files, folders, data-set layouts, sample photos, panels."""
