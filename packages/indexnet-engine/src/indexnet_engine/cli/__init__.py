"""The command line: subcommands, configurations, help."""
