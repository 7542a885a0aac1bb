"""Values that documents write as text, and the program needs as more than that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

# The type of pydantic's error whose message says what is wrong with the text, without repeating it.
ERROR: Final = "written"
# The type of pydantic's error whose message says what was expected, and nothing else.
EXPECTED: Final = "expected"
# The type of pydantic's error whose message is all that may be said: the value may be secret.
HIDDEN: Final = "hidden"


class UnusableTextError(ValueError):
    """What was written is not a value of its type.

    Attributes:
        problem: What is wrong, beginning with a verb, and without repeating what was written.
        remedy: What to write.
        facts: The numbers in both, by their names.
    """

    def __init__(self, problem: str, remedy: str, **facts: object) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy
        self.facts = facts

    def for_pydantic(self) -> PydanticCustomError:
        """Return it as pydantic's error, whose context has its parts."""
        context = {"problem": self.problem, "remedy": self.remedy, "facts": self.facts}
        return PydanticCustomError(ERROR, "{problem}; {remedy}", context)


class Written(ABC):
    """A value that a subclass reads with `parse`, and that is written as `str` gives it."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def parse(cls, text: object) -> Self:
        """Read a value.

        Raises:
            UnusableTextError: it cannot be parsed.
        """

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Accept what `parse` reads."""
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def _validate(cls, value: Any) -> Self:  # noqa: ANN401 - anything that YAML can hold may be here
        if isinstance(value, cls):
            return value
        try:
            return cls.parse(value)
        except UnusableTextError as error:
            raise error.for_pydantic() from error
