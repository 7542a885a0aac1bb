"""What a process forked from a Python with imports does in place of a Python of its own."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Mapping, Sequence
from types import CodeType, ModuleType


def run_as_main(program: str | CodeType, arguments: Sequence[str], environ: Mapping[str, str], **names: str) -> None:
    """Run a program as `__main__`; its end is this process's, which exits as it says.

    Args:
        program: Its text, or what that was compiled to.
        arguments: Its `sys.argv`.
        environ: Its environment; what Python itself reads there when it starts is not looked at.
        names: What its module has from the beginning, such as `__file__`.
    """
    os.environ.clear()
    os.environ.update(environ)
    sys.argv[:] = arguments
    sys.modules["__main__"] = main = ModuleType("__main__")
    vars(main).update(names)
    code = 1

    def end() -> None:
        sys.stdout.flush()
        # To take every module apart would copy all the memory that is shared.
        os._exit(code)

    atexit.register(end)  # it comes after all that the program registers
    try:
        exec(program, main.__dict__)  # noqa: S102 - the tests' own text, or the program itself
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise
