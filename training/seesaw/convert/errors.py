"""The one error of conversion; `code` is what the command line passes on."""

from collections.abc import Iterable


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


def some(names: Iterable[str], most: int = 5) -> str:
    """A few of many names."""
    listed = list(names)
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")
