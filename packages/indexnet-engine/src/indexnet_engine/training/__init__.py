"""The training loop: task, options, optimizer, samples of each step, evaluation, state, devices."""
