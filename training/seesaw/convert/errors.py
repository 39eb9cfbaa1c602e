"""The one error of conversion; `code` is what the command line passes on."""

import errno
from collections.abc import Iterable

# What stands in the way of writing, in the words of lib/whole-file.ts.
_UNWRITTEN = {
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the quota is used up",
    errno.EFBIG: "the file would be larger than this process may write",
    errno.EROFS: "the file system is read-only",
}


class ConvertError(ValueError):
    """What is wrong, for people; `code` says of what kind it is, for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def refused(message: str) -> ConvertError:
    """The file that is to be converted is not what it should be."""
    return ConvertError("CHECKPOINT_INVALID", message)


def wrong_argument(name: str, message: str) -> ConvertError:
    return ConvertError("INVALID_ARGUMENT", f"--{name}: {message}")


def unwritten(error: OSError) -> OSError | ConvertError:
    """An error of the system as ours, if it says that a file cannot be written."""
    why = _UNWRITTEN.get(error.errno or 0)
    if why is None:
        return error
    # Of a copy the second is the one that is written.
    path = error.filename2 or error.filename
    what = f'"{path}"' if path else "a file"
    return ConvertError("FILE_WRITE", f"{what} cannot be written: {why}")


def some(names: Iterable[str], most: int = 5) -> str:
    """A few of many names."""
    listed = list(names)
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")
