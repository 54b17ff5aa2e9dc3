"""The training loop and what it needs: task, optimizer, sampler, devices, state."""
