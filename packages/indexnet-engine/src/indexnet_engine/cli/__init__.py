"""The command line: subcommands, options, configuration files, help, messages."""
