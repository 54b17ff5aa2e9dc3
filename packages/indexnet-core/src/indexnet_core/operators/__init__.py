"""From an operator's name to the modules that it stands for."""
