"""The one exception that is meant for the person at the keyboard."""


class UserError(Exception):
    """Something the user can put right; the message is one line that says what and how.

    A command line shows it as ``error: <message>`` and exits with status 2, without a traceback.
    """
