"""Bad inputs for every command, and the one line that each gets."""
