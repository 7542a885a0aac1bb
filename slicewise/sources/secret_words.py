"""Names that say that a value is secret, and values that hold no secret whatever their name: references, paths."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

_KEYS: Final = r"(?:API|ACCESS|SECRET|PRIVATE|MASTER|ENCRYPTION|SIGNING|AUTH|ACCOUNT)[-_.]?KEYS?"
# PGPASS, and not BYPASS; MYSQL_PWD, and not the shell's PWD and OLDPWD.
_SHORT: Final = (
    r"(?:(?:.*[-_.])?(?:PG|DB|MYSQL|POSTGRES|REDIS|MONGO|SMTP|FTP|LDAP|SSH|ROOT|ADMIN|USER|REQUIRE)?PASS|.+[-_.]PWD)"
)
_NAME: Final = re.compile(
    rf"(?:.*(?:TOKENS?|PASSWORDS?|PASSWDS?|PASSPHRASES?|SECRETS?|CREDENTIALS?|{_KEYS})|{_SHORT})", re.IGNORECASE
)
# Amounts and kinds of a language model's tokens, passes over data, a switch of CORS, and names of Secrets.
_OTHER: Final = re.compile(
    r"(?:.*[-_.])?(?:"
    r"(?:MAX|MIN|NUM|NUMBER|COUNT|TOTAL|LIMIT|BUDGET|SIZE|LENGTH)[-_.](?:.*[-_.])?TOKENS?"
    r"|(?:BATCHED|PREFILL|DECODE|CHUNK|CONTEXT|INPUT|OUTPUT|PROMPT|COMPLETION|GENERATED|DRAFT|SPECULATIVE|LOOKAHEAD)"
    r"[-_.]TOKENS?"
    r"|(?:BOS|EOS|PAD|UNK|SEP|CLS|MASK|START|END|STOP|SPECIAL|REASONING|THINKING|THINK|IMAGE|VIDEO|AUDIO|TEXT|VOCAB)"
    r"[-_.]TOKENS?"
    r"|(?:ONE|TWO|SINGLE|MULTI|FORWARD|BACKWARD|FIRST|SECOND)[-_.]PASS"
    r"|ALLOW[-_.]CREDENTIALS|PULL[-_.]SECRETS?)",
    re.IGNORECASE,
)
# $(NAME) is the kubelet's, ${NAME} the shell's; with a default that is written out it is not a reference.
_REFERENCE: Final = re.compile(r"\$?\$\(\w[\w.-]*\)|\$\{\w+(?::?[-?+])?\}|\$\{\w+:?\?[^}]*\}")
# In what a shell runs: $NAME, by the custom of environment variables, and the output of a command.
_IN_SHELL: Final = re.compile(r"\$[A-Z_][A-Z0-9_]*(?![\w!])|\$\(\S*|`\S*")
_AROUND_REFERENCES: Final = re.compile(r"(?:bearer|basic|token)?[\s:;,.@/_'\"-]*", re.IGNORECASE)
# Placeholders, and what people write where a client insists on a key.
_NOTHING: Final = re.compile(
    r"|-{1,3}|\*+|<[^<>]*>|\[[A-Z]+\]|[0-9]{1,8}|true|false|none|null|empty|dummy|unused", re.IGNORECASE
)
_PATH: Final = re.compile(r"(?:file:/{2})?(?:~|\.{1,2})?(?:/[\w.@%+,:~-]+)+/?=*|/")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")
# Of random base64 two characters in a row are of other kinds in 64 % of cases; of words in camel case in some 25 %.
_CHANGES: Final = 0.42


def names_secret(name: str) -> bool:
    """Return whether a variable or flag of this name holds a secret: HF_TOKEN, PGPASSWORD, --api-key."""
    return _NAME.fullmatch(name) is not None and _OTHER.fullmatch(name) is None


def is_harmless(value: str, *, in_shell: bool) -> bool:
    """Return whether `value` holds no secret of its own.

    Args:
        value: What is written.
        in_shell: Whether a shell may read it, as arguments of single-node services.
    """
    if _NOTHING.fullmatch(value):
        return True
    rest = _REFERENCE.sub("", value)
    if in_shell:
        rest = _IN_SHELL.sub("", rest)
    if rest != value and _AROUND_REFERENCES.fullmatch(rest):
        return True
    return _PATH.fullmatch(value) is not None and not _is_random_base64(value)


def _is_random_base64(value: str) -> bool:
    """Return whether what may be a path is a key: those of AWS are 40 characters of base64, and may begin with /."""
    if not _BASE64.fullmatch(value):
        return False
    pairs = [pair for part in re.split("[/+=]+", value) for pair in pairwise(part)]
    changes = sum(_sort_of(one) != _sort_of(other) for one, other in pairs)
    return changes >= _CHANGES * len(pairs) > 0


def _sort_of(character: str) -> str:
    return "0" if character.isdigit() else "A" if character.isupper() else "a"
