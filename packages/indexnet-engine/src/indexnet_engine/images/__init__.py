"""Images: files, folders, sample photographs, panels."""
