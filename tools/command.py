"""What the tools share: a user error is one line and exit status 2."""

import sys
from collections.abc import Callable

from indexnet_core import RetrofitError, ShapeError, SpecError
from indexnet_engine.errors import UserError


def run(main: Callable[[], None]) -> None:
    """Run a tool and end the process."""
    try:
        main()
    except (UserError, RetrofitError, ShapeError, SpecError) as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
