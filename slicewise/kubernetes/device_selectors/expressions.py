"""From an expression of CEL to what evaluates it: a function of the variables that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from slicewise.kubernetes.device_selectors.failures import CelError, NotUnderstoodError
from slicewise.kubernetes.device_selectors.operations import (
    CelValue,
    called,
    comparison_of,
    field_of,
    has,
    method,
    optional_field,
)
from slicewise.kubernetes.device_selectors.tokens import Token, tokens_of

Variables = Mapping[str, Any]
Evaluate = Callable[[Variables], Any]
_END: Final = Token("end", "")
_COMPARING: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_CONSTANTS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}
# As deep as kube-apiserver's own parser goes is far more than anybody writes.
_DEEPEST: Final = 40


@lru_cache(512)
def parsed(expression: str) -> Evaluate:
    """Return what evaluates an expression.

    Raises:
        NotUnderstoodError: it is not CEL, or has something of it that is not evaluated here.
    """
    return _Parser(tokens_of(expression)).whole()


class _Parser:
    """Reads tokens from left to right, each operator with those that bind tighter."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def whole(self) -> Evaluate:
        found = self._conditional()
        if self._next is not _END:
            raise NotUnderstoodError
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def _taken(self, *signs: str) -> str | None:
        """Return the next sign and go on behind it, if it is one of `signs`."""
        token = self._next
        if token.kind == "string" or token.text not in signs:
            return None
        self._place += 1
        return token.text

    def _must(self, sign: str) -> None:
        if not self._taken(sign):
            raise NotUnderstoodError

    def _conditional(self) -> Evaluate:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotUnderstoodError
        condition = self._either()
        if self._taken("?"):
            chosen = self._conditional()
            self._must(":")
            otherwise = self._conditional()
            condition = _conditional(condition, chosen, otherwise)
        self._depth -= 1
        return condition

    def _either(self) -> Evaluate:
        parts = [self._both()]
        while self._taken("||"):
            parts.append(self._both())
        return _joined(parts, decisive=True) if len(parts) > 1 else parts[0]

    def _both(self) -> Evaluate:
        parts = [self._comparison()]
        while self._taken("&&"):
            parts.append(self._comparison())
        return _joined(parts, decisive=False) if len(parts) > 1 else parts[0]

    def _comparison(self) -> Evaluate:
        left = self._unary()
        while sign := self._taken(*_COMPARING):
            left = _comparing(sign, left, self._unary())
        return left

    def _unary(self) -> Evaluate:
        negations = 0
        while self._taken("!"):
            negations += 1
        minus = bool(self._taken("-"))
        found = self._member()
        if minus:
            found = _minus(found)
        return _negated(found, odd=negations % 2 == 1) if negations else found

    def _member(self) -> Evaluate:
        value = self._primary()
        while sign := self._taken(".", "[", ".?", "[?"):
            optional = sign.endswith("?")
            if sign[0] == "[":
                value = _at(value, self._conditional(), optional=optional)
                self._must("]")
                continue
            name = self._name()
            if not optional and self._taken("("):
                value = _method(value, name, self._arguments(")"))
            else:
                value = _at(value, _constant(name), optional=optional)
        return value

    def _primary(self) -> Evaluate:
        token = self._next
        if self._taken("("):
            inner = self._conditional()
            self._must(")")
            return inner
        if self._taken("["):
            return _list(self._arguments("]"))
        self._place += 1
        if token.kind == "name":
            return self._function(token.text) if self._taken("(") else _named(token.text)
        if token.kind not in ("string", "number"):
            raise NotUnderstoodError
        return _constant(token.text if token.kind == "string" else _number(token.text))

    def _function(self, name: str) -> Evaluate:
        start = self._place
        arguments = self._arguments(")")
        if name != "has":
            return lambda variables: called(name, [each(variables) for each in arguments])
        return self._presence(start, arguments)

    def _presence(self, start: int, arguments: Sequence[Evaluate]) -> Evaluate:
        """Return the macro `has(map.key)`, which asks for the key alone: its last two tokens are a dot and the key."""
        of, dot, key = (
            self._tokens[start : self._place - 3],
            self._tokens[self._place - 3],
            self._tokens[self._place - 2],
        )
        if len(arguments) != 1 or not of or dot.text != "." or key.kind != "name":
            raise NotUnderstoodError
        asked = _Parser(of).whole()
        return lambda variables: has(asked(variables), key.text)

    def _name(self) -> str:
        token = self._next
        if token.kind != "name":
            raise NotUnderstoodError
        self._place += 1
        return token.text

    def _arguments(self, end: str) -> list[Evaluate]:
        found: list[Evaluate] = []
        while not self._taken(end):
            if found:
                self._must(",")
            found.append(self._conditional())
        return found


def _number(text: str) -> int | float:
    plain = text.removesuffix("u")
    if plain.startswith("0x"):
        return int(plain, 16)
    return int(plain) if plain.isdigit() else float(plain)


def _constant(value: CelValue) -> Evaluate:
    return lambda _: value


def _named(name: str) -> Evaluate:
    return _constant(_CONSTANTS[name]) if name in _CONSTANTS else _variable(name)


def _variable(name: str) -> Evaluate:
    def evaluate(variables: Variables) -> CelValue:
        if name not in variables:
            raise NotUnderstoodError
        return variables[name]

    return evaluate


def _list(parts: Sequence[Evaluate]) -> Evaluate:
    return lambda variables: [each(variables) for each in parts]


def _comparing(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda variables: comparison_of(sign, left(variables), right(variables))


def _at(value: Evaluate, key: Evaluate, *, optional: bool) -> Evaluate:
    look = optional_field if optional else field_of
    return lambda variables: look(value(variables), key(variables))


def _method(value: Evaluate, name: str, arguments: Sequence[Evaluate]) -> Evaluate:
    return lambda variables: method(name, value(variables), [each(variables) for each in arguments])


def _minus(value: Evaluate) -> Evaluate:
    def evaluate(variables: Variables) -> CelValue:
        found = value(variables)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise CelError
        return -found

    return evaluate


def _negated(value: Evaluate, *, odd: bool) -> Evaluate:
    def evaluate(variables: Variables) -> bool:
        return _truth(value, variables) is not odd

    return evaluate


def _conditional(condition: Evaluate, chosen: Evaluate, otherwise: Evaluate) -> Evaluate:
    return lambda variables: chosen(variables) if _truth(condition, variables) else otherwise(variables)


def _joined(parts: Sequence[Evaluate], *, decisive: bool) -> Evaluate:
    """Return `||`, of which a true part decides, or `&&`, of which a false one does, whatever errors others have."""

    def evaluate(variables: Variables) -> bool:
        failures: list[Exception] = []
        for part in parts:
            try:
                if _truth(part, variables) is decisive:
                    return decisive
            except (CelError, NotUnderstoodError) as error:
                failures.append(error)
        unknown = next((each for each in failures if isinstance(each, NotUnderstoodError)), None)
        if unknown or failures:
            raise unknown or failures[0]
        return not decisive

    return evaluate


def _truth(value: Evaluate, variables: Variables) -> bool:
    found = value(variables)
    if not isinstance(found, bool):
        raise CelError
    return found
