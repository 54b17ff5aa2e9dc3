"""The exceptions that are meant for the person at the keyboard."""


class UserError(Exception):
    """Something the user can put right; the message is one line that says what and how.

    A command line shows it as ``error: <message>`` and exits with status 2, without a traceback.
    """


class OptionError(UserError):
    """An option whose value is not taken.

    Whoever finds it knows the option's name, but not where it was given. A command line says that:
    ``--loop.steps must be positive, got 0``, or ``run.yaml: loop.steps must …``. In Python it reads
    ``loop.steps must …``.

    Args:
        option: Its name, or the end of that: ``size`` for ``data.size``.
        problem: What follows the name in a sentence.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(option, problem)
        self.option = option
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.option} {self.problem}"
