"""What files, directories and standard input may be (SW101 to SW108)."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_fleet
from tests.unit.documents.documents import minimal
from tests.unit.documents.loader import Loader

ENVIRONMENT = minimal("InferenceEnvironment")
DEPLOYMENT = minimal("ModelDeployment")
MODEL = minimal("ClusterModel")


NOT_IN_LINE = (
    "this does not line up with what is before it; indent it as its neighbours are, or put all the text in quotes"
)
PLAIN = "documents are plain text, numbers, lists and mappings"
UNCLOSED = "the quote that begins here is never closed; close it, or remove it"
NO_DASH = "in a list every entry begins with `- `"
ENDED = "a document has ended before this line; begin the next one with `---`, or remove what is before it"
CONFLICT = "a merge conflict is not resolved; keep one side and remove the markers"
TEMPLATE = "a template that is not rendered; render it first, and load what that writes"
AT_MOST = "expected at most 40; if it is text, put it in quotes"


def errors(*paths: str) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(paths)
    return str(caught.value).split("\n")


@pytest.mark.usefixtures("loader")
def test_a_path_that_is_not_there() -> None:
    assert errors("nowhere", "neither.yaml") == [
        "neither.yaml: no such file or directory; correct the path, which is seen from where the command runs [SW101]",
        "nowhere: no such file or directory; correct the path, which is seen from where the command runs [SW101]",
    ]


@pytest.mark.usefixtures("loader")
def test_a_misspelt_path_is_told_which_there_is() -> None:
    Path("stacks/prod").mkdir(parents=True)
    assert errors("stacks/prdo") == ["stacks/prdo: no such file or directory; did you mean stacks/prod? [SW101]"]
    assert errors("stack/prod")[0].startswith("stack/prod: no such file or directory; correct the path")


@pytest.mark.usefixtures("loader")
def test_a_directory_without_documents() -> None:
    Path("empty").mkdir()
    Path("empty/README.md").write_text("no YAML")
    assert errors("empty") == [
        (
            "empty: the directory holds no *.yaml or *.yml file, and directories below it are not searched; "
            "name the directory that holds the documents [SW103]"
        )
    ]


@pytest.mark.usefixtures("loader")
def test_a_directory_is_its_yaml_files() -> None:
    Path("stack").mkdir()
    Path("stack/environment.yaml").write_text(ENVIRONMENT)
    Path("stack/models.YML").write_text(MODEL)
    Path("stack/deployment.Yaml").write_text(DEPLOYMENT)
    Path("stack/notes.txt").write_text("not: [yaml")
    Path("stack/below.yaml").mkdir()
    fleet = load_fleet(["stack"])
    assert (len(fleet.environments), len(fleet.models), len(fleet.deployments)) == (1, 1, 1)


@pytest.mark.usefixtures("loader")
def test_a_file_named_twice_is_read_once() -> None:
    Path("stack").mkdir()
    Path("stack/environment.yaml").write_text(ENVIRONMENT)
    Path("link.yaml").symlink_to("stack/environment.yaml")
    fleet = load_fleet(["stack", "stack/environment.yaml", "./stack/../stack/environment.yaml", "link.yaml"])
    assert len(fleet.environments) == 1


@pytest.mark.usefixtures("loader")
def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(ENVIRONMENT.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert len(load_fleet(["-", "-"]).environments) == 1


@pytest.mark.usefixtures("loader")
def test_errors_in_standard_input_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"kind: [")))
    (line,) = errors("-")
    assert line.startswith("<stdin>:1:")


@pytest.mark.usefixtures("loader")
def test_a_broken_symbolic_link() -> None:
    Path("stack").mkdir()
    Path("stack/a.yaml").symlink_to("gone.yaml")
    expected = "stack/a.yaml: cannot be read: it is a symbolic link to gone.yaml, which does not exist [SW102]"
    assert errors("stack") == [expected]
    assert errors("stack/a.yaml") == [expected]


@pytest.mark.usefixtures("loader")
def test_a_symbolic_link_to_itself() -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    assert errors(".") == ["loop.yaml: cannot be read: Too many levels of symbolic links [SW102]"]


def test_a_file_that_must_not_be_read(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    loader.write(ENVIRONMENT)

    def refuse(path: Path, _mode: str) -> None:
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    assert errors("0.yaml") == ["0.yaml: cannot be read: Permission denied [SW102]"]


@pytest.mark.usefixtures("loader")
def test_bytes_that_are_not_utf8() -> None:
    Path("latin.yaml").write_bytes("kind: Model\nname: é\n".encode("latin-1"))
    assert errors("latin.yaml") == ["latin.yaml:2:7: byte 0xe9 is not UTF-8; save the file as UTF-8 [SW102]"]


def test_a_byte_order_mark_is_no_part_of_the_text(loader: Loader) -> None:
    assert len(loader.load("\ufeff" + ENVIRONMENT).environments) == 1
    (line,) = loader.refuse("\ufeffkind: Nothing\napiVersion: modelplane.ai/v1alpha1\n")
    assert line.startswith("1:7: kind: ")


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "---\n---\n", "null\n", "---\n# nothing\n...\n"])
def test_a_file_without_a_document(loader: Loader, text: str) -> None:
    assert loader.refuse(text, ENVIRONMENT) == [
        "0.yaml: there is no document in it; write one, or leave the file out [SW103]"
    ]


def test_empty_documents_between_others_are_skipped(loader: Loader) -> None:
    assert len(loader.load(f"---\n---\n{ENVIRONMENT}---\n# end\n").environments) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n§", "not YAML: a comma is missing here, or the [ of line 1 is never closed; write the comma, or ]"),
        (
            "a: b§: c\n",
            (
                'not YAML: there is a ": " here that does not belong: the line is indented too far, the line before '
                'has no colon, or text that has ": " is not in quotes; fix that'
            ),
        ),
        ("a:\n  b: 1\n §c: 2\n", f"not YAML: {NOT_IN_LINE}"),
        ("a:\n  b: 1\n§-\nc: 2\n", f"not YAML: {NOT_IN_LINE}"),
        ("a: §!Ref b\n", f'not YAML: the tag "!Ref" is not known; remove it: {PLAIN}'),
        (
            "a: §%b\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "if this is text, put it in quotes"
            ),
        ),
        (
            "a:\n§\tb: 1\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "YAML is indented with spaces, never with tabs: write spaces"
            ),
        ),
        (
            "a: 1\n§\tb: 2\n",
            (
                "not YAML: while scanning a plain scalar, found a tab character that violates indentation; "
                "YAML is indented with spaces, never with tabs: write spaces"
            ),
        ),
        (
            "a: §*x\n",
            'not YAML: "*x" is an alias, and no anchor of that name is before it; if this is text, put it in quotes',
        ),
        (
            "*§*Slicewise** is for MIG\n",
            (
                "not YAML: `*` and `&` begin the name of an alias or an anchor here; put text that begins with one in "
                "quotes (or is this a file of another kind, such as Markdown?)"
            ),
        ),
        ("é: 1\nb: é§\x01\n", "not YAML: control characters are not allowed (character #x1); remove it"),
        ("a: §!!int x\n", "not YAML: this is not what the tag !!int says; remove the tag, or correct the value"),
        ("a: §!!int ''\n", "not YAML: this is not what the tag !!int says; remove the tag, or correct the value"),
        ("a: §!!bool maybe\n", "not YAML: this is not what the tag !!bool says; remove the tag, or correct the value"),
        (f"a: §{'9' * 5000}\n", f"not YAML: a number of 5,000 characters, {AT_MOST}"),
        (
            "a: §!!python/name:os.system x\n",
            (
                'not YAML: the tag "tag:yaml.org,2002:python/name:os.system" is not known; '
                "remove it: documents are plain text, numbers, lists and mappings"
            ),
        ),
        (
            "a: §!!set {a, b}\n",
            (
                'not YAML: the tag "tag:yaml.org,2002:set" is not known; '
                "remove it: documents are plain text, numbers, lists and mappings"
            ),
        ),
        (
            "? §[a]\n: b\n",
            (
                "not YAML: a field's name must be text, and this is a list or a mapping; "
                "put text with brackets or braces in quotes"
            ),
        ),
        ("a: 1\nb: §'c\nd: 2\n", f"not YAML: {UNCLOSED}"),
        ("a: 1\nb: §'c\n---\nd: 2\n", f"not YAML: {UNCLOSED}"),
        ("a: §!!int 010\n", "not YAML: this is not what the tag !!int says; remove the tag, or correct the value"),
        (
            "a:\n  - b: 1\n  §c: 2\n",
            f"not YAML: {NO_DASH}; indent this line under its entry, or write `- ` before it",
        ),
        ("a:\n  - b\n  §-c: 1\n", f"not YAML: {NO_DASH}; indent this line under its entry, or write `- ` before it"),
        ("# a\n--- # nothing\n...\n§b: 1\n", f"not YAML: {ENDED}"),
        ("%YAML 1.2\n§a: 1\n", f"not YAML: {ENDED}"),
        (
            "a: &b 1\nc: §&b 2\n",
            "not YAML: there is an anchor of this name before it already; rename one of the two",
        ),
        ("a: [§, 1]\n", "not YAML: a value is missing here; write one, or put text in quotes"),
        (
            "a: {<<: §b}\n",
            "not YAML: `<<` merges mappings; write an alias of one there, such as *NAME, or remove the line",
        ),
        (
            "§```yaml\na: 1\n",
            (
                "not YAML: while scanning for the next token, found character that cannot start any token; "
                "this is a line of Markdown: remove it"
            ),
        ),
        ("a: 1\n---\n§\ufeffb: 1\n", "an invisible byte order mark (U+FEFF) is here; remove it"),
    ],
)
def test_what_is_no_yaml_is_refused_where_it_stands(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW104]"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a:\n  §count 8\n  b: 1\n", '"count: 8"'),
        ("a:\n  b: 1\n  §count:8\n  c: 1\n", '"count: 8"'),
        ("a: 1\n§count = 8 # eight\nb: 1\n", '"count: 8"'),
        ("a: 1\n§count\uff1a 8\nb: 1\n", '"count: 8"'),
        ("a: 1\n§node-count=8\r\nb: 1\n", '"node-count: 8"'),
        ("a: 1\n§count\nb: 1\n", "NAME: VALUE, or `- ` before an entry of a list"),
        ("a: 1\n§count 8", '"count: 8"'),
    ],
)
def test_a_colon_that_is_missing(loader: Loader, text: str, meant: str) -> None:
    text = text.replace("a:\n  §", "a:\n  b: 1\n  §")
    assert loader.refuse_at(text) == f"not YAML: no colon and space after the field's name; write {meant} [SW104]"


def test_a_dash_that_is_missing(loader: Loader) -> None:
    text = "a:\n  args:\n    - --x=1\n  b: 1\n  §--y=2\n  c: 1\n"
    assert loader.refuse_at(text) == f"not YAML: {NO_DASH}, a dash and a space; write it before this line [SW104]"


@pytest.mark.parametrize("line", ["§----", "§--", " §---", "§- --", "§\u2014", "§\u2013\u2013"])
def test_dashes_that_separate_no_documents(loader: Loader, line: str) -> None:
    text = f"a: 1\nb:\n  c: 1\n{line}\nd: 1\n"
    expected = "this line of dashes separates no documents; write exactly `---`, without a space before it"
    assert loader.refuse_at(text) == f"not YAML: {expected} [SW104]"


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n§<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n",
        "a: 1\n§=======\nb: 2\n",
        "a: 1\r\n§>>>>>>> other\r\nb: 2\r\n",
        "a:\n  b: 'x\n§<<<<<<< HEAD\n  y'\n  c: [\n",
    ],
)
def test_a_merge_conflict(loader: Loader, text: str) -> None:
    assert loader.refuse_at(text) == f"not YAML: {CONFLICT} [SW104]"


@pytest.mark.parametrize(
    "text",
    [
        "a: §{{ .Values.nodes }}\n",
        "a: §{{ x }}-y\nb: 1\n",
        "§{{- if .Values.x }}\na: 1\n{{- end }}\n",
        "a: 1\n§{{- end }}\nb: 1\n",
        "§{% for x in y %}\na: 1\n",
        "a:\n  - §{% if x %}\n",
        "a:\n  §{{- toYaml .Values.labels | nindent 4 }}\n",
        '"{{ a }}": §{{ b }}\n',
    ],
)
def test_a_template(loader: Loader, text: str) -> None:
    assert loader.refuse_at(text) == f"not YAML: {TEMPLATE} [SW104]"


def test_a_merge_conflict_at_the_top(loader: Loader) -> None:
    lines = loader.refuse("<<<<<<< HEAD\n# b\na: 1\n=======\na: 2\n>>>>>>> other\n")
    assert lines[-1] == f"1:1: not YAML: {CONFLICT} [SW104]"


def test_a_document_that_nothing_begins(loader: Loader) -> None:
    for text in ("a: 1\n...\nb: 2\n", "$ cat a\n#\nb: 2\n"):
        assert loader.refuse(text)[-1] == f"3:1: not YAML: {ENDED} [SW104]"


@pytest.mark.parametrize(
    "text", ["a: ['{{ x }}' §b]\n", "a: '{{ x }}'§b\n", "? §[a]\n: '{{ b }}'\n", "a: b§: c # {{ d }}\n"]
)
def test_quoted_braces_and_later_ones_are_no_template(loader: Loader, text: str) -> None:
    message = loader.refuse_at(text)
    assert "template" not in message
    assert message.endswith("[SW104]")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n  b: 1\n§\xa0 c: 2\n  d: 1\n", "U+00A0 (no-break space)"),
        ("a:\n  b: 1\n  c:§\xa08\n  d: 1\n", "U+00A0 (no-break space)"),
        ("a:\n  - b: 1\n  -§\u202fc: 8\n", "U+202F (narrow no-break space)"),
        ("a:\n  b:§\u200b8\n  c: 1\n", "U+200B (zero width space)"),
        ("a:\n  b: 1\n  c:§\u30008\n  d: 1\n", "U+3000 (ideographic space)"),
    ],
)
def test_a_space_that_is_none(loader: Loader, text: str, said: str) -> None:
    remedy = "remove it" if "200B" in said else "write a plain space instead"
    assert loader.refuse_at(text) == f"not YAML: {said} is here, which is not a space to YAML; {remedy} [SW104]"


def test_odd_spaces_in_text_are_not_blamed(loader: Loader) -> None:
    for text in ("a: 'b:\xa0c'\nd: [e\n", "a: b\xa0c\nd: %e\n", "# a:\xa0b\nc: %d\n", "#\xa0a\nb: %c\n"):
        assert "U+00A0" not in loader.refuse(text)[0]


@pytest.mark.parametrize("separator", ["---\n", "...\n---\n", "--- # next\n"])
def test_an_alias_of_another_document(loader: Loader, separator: str) -> None:
    text = f"apiVersion: v1\nb: [&caps {{c: 1}}]\n{separator}d: §*caps\n"
    (_, line) = loader.refuse(text.replace("§", ""))
    assert line.endswith(
        'not YAML: "*caps" has its anchor in an earlier document, and anchors end with theirs; write it out [SW104]'
    )


@pytest.mark.parametrize("before", ["# see &caps above\n", "a: &capsule 1\n---\n", "---\n# b&caps \n---\n"])
def test_an_alias_of_nothing(loader: Loader, before: str) -> None:
    line = loader.refuse(f"{before}d: *caps\n")[-1]
    assert '"*caps" is an alias, and no anchor of that name is before it; if this is text, put it in quotes' in line


def test_documents_before_a_syntax_error_are_judged_too(loader: Loader) -> None:
    lines = loader.refuse("apiVersion: modelplane.ai/v1alpha1\nkind: Modell\n---\na: [\n")
    assert [line.split("[SW")[-1] for line in lines] == ["108]", "104]"]


def test_keys_that_stand_twice(loader: Loader) -> None:
    lines = loader.refuse("a: 1\nb: {c: 1, c: 2}\na: 2\n---\nx: 1\nx: 2\n")
    assert lines == [
        '2:11: "c" is on line 2 already; keep one [SW105]',
        '3:1: "a" is on line 1 already; keep one [SW105]',
        '6:1: "x" is on line 5 already; keep one [SW105]',
    ]


THEIR_DASH = "a new entry seems to begin here: its `- ` is missing; write it, or keep one of each"
THEIR_LINE = "a line `---` is missing before this line: another document begins here; write it"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "apiVersion: v1\nkind: A\nspec: 1\n§apiVersion: v1\nkind: B\nmore: 1\nspec: 2\n",
            f'"apiVersion", "kind" and "spec" are in this mapping already; {THEIR_LINE}',
        ),
        (
            "a:\n  - name: x\n    b: 1\n    more: 1\n    §name: y\n    b: 2\n",
            f'"name" and "b" are in this mapping already; {THEIR_DASH}',
        ),
        (
            "a:\n  - {b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, §b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}\n",
            f'"b", "c", "d", "e", "f" and 1 more are in this mapping already; {THEIR_DASH}',
        ),
        (
            "a: {apiVersion: 1, kind: 1, §apiVersion: 2, kind: 2}\n",
            '"apiVersion" and "kind" are in this mapping already; keep one of each',
        ),
        ("b: 1\nc: 1\n§c: 2\nb: 2\n", '"c" and "b" are in this mapping already; keep one of each'),
        ("a: [b]\n§a: [c]\n", '"a" is on line 1 already; put the entries of both under one'),
        ("a: {b: 1}\n§a: {c: 1}\n", '"a" is on line 1 already; put the fields of both under one'),
        ("a: {b: 1}\n§a: [c]\n", '"a" is on line 1 already; keep one'),
    ],
)
def test_what_is_copied_without_its_beginning_is_one_mistake(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW105]"


def test_every_copy_is_a_mistake(loader: Loader) -> None:
    lines = loader.refuse("a:\n- {x: 1, y: 1, x: 2, y: 2, x: 3, y: 3, z: 1, z: 2}\n")
    both, alone = '"x" and "y" are in this mapping already', '"z" is on line 2 already; keep one'
    assert lines == [
        f"2:16: {both}; {THEIR_DASH} [SW105]",
        f"2:28: {both}; {THEIR_DASH} [SW105]",
        f"2:46: {alone} [SW105]",
    ]


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("§- a\n", "list; remove the `- ` before each, and begin every document with a line `---`"),
        ("§hello\n", "single value; write one, or remove this"),
        ("§7\n", "single value; write one, or remove this"),
    ],
)
def test_what_is_no_mapping(loader: Loader, text: str, got: str) -> None:
    expected = f"expected a document (a mapping with apiVersion, kind, metadata, spec), got a {got} [SW107]"
    assert loader.refuse_at(text) == expected


KINDS = "InferenceEnvironment, ClusterModel, Model or ModelDeployment"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("§kind: Model\n", 'apiVersion: "apiVersion" is required: write modelplane.ai/v1alpha1'),
        ("§apiVersion: modelplane.ai/v1alpha1\n", f'kind: "kind" is required: write {KINDS}'),
        (
            "apiVersion: §v1\nkind: Secret\n",
            'apiVersion: got "v1", expected modelplane.ai/v1alpha1; keep other Kubernetes objects in another directory',
        ),
        (
            "apiVersion: modelplane.ai/v1alpha1\nkind: §InferenceEnviroment\nspec: 7\nother: 8\n",
            f'kind: got "InferenceEnviroment", expected {KINDS}; did you mean "InferenceEnvironment"?',
        ),
        ("apiVersion: modelplane.ai/v1alpha1\nkind: §[Model]\n", f"kind: got a list, expected {KINDS}"),
        ("apiVersion: §1\nkind: Model\n", "apiVersion: got 1, expected modelplane.ai/v1alpha1"),
        (
            "§services: {web: {image: nginx}}\n",
            (
                'apiVersion: "apiVersion" is required: write modelplane.ai/v1alpha1; '
                "a file of another tool belongs in another directory"
            ),
        ),
    ],
)
def test_a_wrong_kind_is_one_message(loader: Loader, text: str, message: str) -> None:
    assert loader.refuse_at(text) == f"{message} [SW108]"


@pytest.mark.usefixtures("loader")
def test_a_file_of_pulumi_is_not_told_to_become_a_document() -> None:
    Path("stacks/prod").mkdir(parents=True)
    Path("stacks/Pulumi.prod.yaml").write_text("config:\n  slicewise:verify: true\nencryptionsalt: v1:8hufJOpK2no=\n")
    Path("stacks/Pulumi.yaml").write_text("name: slicewise\nruntime: python\n")
    assert errors("stacks") == [
        (
            "stacks/Pulumi.prod.yaml:1:1: this is Pulumi's configuration of the stack prod, not a document; name the "
            "directory that holds its documents (stacks/prod, unless slicewise:manifests says another) [SW108]"
        ),
        (
            "stacks/Pulumi.yaml:1:1: this is Pulumi's file of a project, not a document; name the directory that holds "
            "the documents [SW108]"
        ),
    ]
    Path("stacks/Pulumi.yaml").write_text("kind: Model\n")
    assert errors("stacks/Pulumi.yaml") == [
        'stacks/Pulumi.yaml:1:1: apiVersion: "apiVersion" is required: write modelplane.ai/v1alpha1 [SW108]'
    ]


@pytest.mark.usefixtures("loader")
def test_a_pipe_in_a_directory_is_not_waited_for() -> None:
    Path("stack").mkdir()
    Path("stack/environment.yaml").write_text(ENVIRONMENT)
    os.mkfifo("stack/pipe.yaml")
    expected = "is a pipe, a socket or a device, not a file; remove it from the directory"
    assert errors("stack") == [f"stack/pipe.yaml: {expected} [SW102]"]


@pytest.mark.usefixtures("loader")
def test_a_pipe_that_is_named_is_read() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "wb") as stream:
        stream.write(ENVIRONMENT.encode())
        stream.close()
        assert len(load_fleet([f"/dev/fd/{reading}"]).environments) == 1


@pytest.mark.usefixtures("loader")
def test_paths_that_no_system_takes() -> None:
    assert errors("a" * 5000) == [f"{'a' * 5000}: cannot be read: File name too long [SW102]"]
    assert errors("a\0b") == [
        '"a\\u0000b": no such file or directory; correct the path, which is seen from where the command runs [SW101]'
    ]


@pytest.mark.usefixtures("loader")
def test_a_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert errors("-") == ["<stdin>: cannot be read: it is closed [SW102]"]


@pytest.mark.usefixtures("loader")
def test_a_file_name_never_writes_to_the_terminal() -> None:
    Path("stack").mkdir()
    for name in ("a\x1b[31m\n.yaml", "b.yaml"):
        Path("stack", name).write_text(MODEL)
    Path("stack/c.yaml").symlink_to("gone\x1b.yaml")
    for line in errors("stack"):
        assert line.isprintable()
    assert 'is declared at "stack/a\\u001b[31m\\n.yaml":4 already' in errors("stack")[0]


@pytest.mark.usefixtures("loader")
def test_text_in_utf16() -> None:
    Path("a.yaml").write_bytes("a: 1".encode("utf-16"))
    Path("b.yaml").write_bytes("a: 1".encode("utf-16-le"))
    assert errors("a.yaml", "b.yaml") == [
        "a.yaml:1:1: byte 0xff is not UTF-8 (it looks like UTF-16); save the file as UTF-8 [SW102]",
        (
            "b.yaml:1:2: not YAML: control characters are not allowed (character #x0); "
            "if the file is UTF-16, save it as UTF-8 [SW104]"
        ),
    ]


@pytest.mark.usefixtures("loader")
def test_lines_are_counted_alike_in_all_errors() -> None:
    """YAML 1.1 ends lines at a carriage return, NEL and the separators of Unicode too."""
    for end in ("\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"):
        for number, wrong in enumerate(("a: \x01", "a: 'b", "? [c]\n: d", "a: *b")):
            Path("a.yaml").write_bytes(f"é: é{end}{wrong}".encode())
            column = 3 if number == 2 else 4
            assert errors("a.yaml")[0].startswith(f"a.yaml:2:{column}: "), (end, wrong)
        Path("a.yaml").write_bytes(f"é: é{end}é: ".encode() + b"\xff")
        assert errors("a.yaml")[0].startswith("a.yaml:2:4: "), end
