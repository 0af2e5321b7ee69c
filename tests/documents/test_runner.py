"""What runs the blocks of the documentation sees what is wrong with them."""

from pathlib import Path

import pytest
from support.document_session import session
from support.document_shell import logical_lines
from support.documents import WrongPageError, blocks_of

A_JOB = """\
```toml
# close.toml
[connection]
host = "https://platform.kore.ai"
stream_id = "st-00000000-0000-0000-0000-000000000000"
account_id = "000000000000000000000000"
[auth]
client_id = "cs-00000000-0000-0000-0000-000000000000"
client_secret = "env:KORE_CLIENT_SECRET"
[input]
path = "cases.csv"
key = "Case ID"
[mapping]
status = { value = { _id = "st-1", name = "Closed" } }
[snapshot]
read = "always"
```
"""


def follow(page: str, folder: Path) -> Path:
    """Do what a page says; return the folder that its reader would be in."""
    blocks = blocks_of(page, "page.md")
    place = folder / "page"
    place.mkdir()
    with session(place, blocks) as reader:
        for block in blocks:
            reader.run(block)
    return place


def refusal(page: str, folder: Path) -> str:
    with pytest.raises(WrongPageError) as raised:
        follow(page, folder)
    return str(raised.value)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("```sh\necho fine\nfalse\n```\n", "page.md:3: block 1 (sh): ends with exit code 1, which the page says is 0"),
        (
            "```sh\ntrue  # exit code 2\n```\n",
            "page.md:2: block 1 (sh): ends with exit code 0, which the page says is 2",
        ),
        ("text\n\n```sh\nuseradd me\n```\n", "page.md:4: block 1 (sh): ends with exit code 127"),
        ("```sh\nif\n```\n", "page.md:1: block 1 (sh): the shell ends with exit code 2"),
        ("```sh\necho one\n```\n\n```text\ntwo\n```\n", "page.md:5: block 2 (text): is not what is told:\none\n"),
        ("```sh\necho one\necho two\n```\n\n```text\none\n```\n", "page.md:6: block 2 (text): is not what is told"),
        ("```text\ntwo\n```\n", "page.md:1: block 1 (text): nobody knows what to do with it"),
        ("```yaml\na: 1\n```\n", "page.md:1: block 1 (yaml): nobody knows what to do with it"),
        ("    echo indented\n", "page.md:1: block 1 (nothing): nobody knows what to do with it"),
        ("```python\nimport bulkcase\nbulkcase.lode\n```\n", "page.md:1: block 1 (python): AttributeError: "),
        (
            "```toml\n[safety]\ncanery = 1\n```\n",
            "page.md:1: block 1 (toml): the fragment: safety.canery: is not known",
        ),
        (
            '```toml\n# job.toml\n[input]\npath = ""\n```\n',
            "page.md:1: block 1 (toml): job.toml: connection: is missing",
        ),
        ("```toml\n[input\n```\n", "page.md:1: block 1 (toml): TOMLDecodeError: "),
        ("```json\n{\n```\n", "page.md:1: block 1 (json): JSONDecodeError: "),
        ("<!-- setup: false -->\n```sh\ntrue\n```\n", "page.md:2: block 1 (sh): its setup: ends with exit code 1"),
        ("<!-- setup: true -->\n\nNo block.\n", "page.md:3: block 1 (none): no block comes after"),
        ("<!-- file: a.csv -->\n", "page.md:1: block 1 (none): no block comes after"),
    ],
)
def test_a_wrong_block_is_told_with_its_place(page: str, told: str, tmp_path: Path) -> None:
    """Whatever is not as a page has it ends its session, by page, line and block."""
    assert refusal(page, tmp_path).startswith(told)


def test_a_page_is_a_session(tmp_path: Path) -> None:
    """What one block writes, sets or changes into is there for the next one, in the shell as in Python."""
    page = """
<!-- file: sub/a.txt -->
```csv
one
```
<!-- setup: export HIDDEN=set -->
<!-- not run: it is shown -->
```sh
rm -r sub
```
```sh
cd sub && export NAME=…
```
```sh
cat a.txt \\
  | tr o O
echo $HIDDEN "$NAME" <<END
END
```
```text
One
…
```
```python
from pathlib import Path
text = Path("sub/a.txt").read_text()
```
```python
print(await __import__("asyncio").sleep(0, text))
```
```text
o…e
```
"""
    assert (follow(page, tmp_path) / "sub" / "a.txt").read_text(encoding="utf-8") == "one\n"


def test_a_job_of_a_page_is_served(tmp_path: Path) -> None:
    """A job for the vendor's host meets a server of the page and a quota on a fast clock, and is told of as it is."""
    page = f"""{A_JOB}
<!-- file: cases.csv -->
```csv
Case ID
ci-of-the-page
ci-gone
```
```sh
bulkcase plan close.toml    # exit code 1: one case is not there
```
```text
…
close → platform.kore.ai…
cases.csv: 2 rows about 2 cases
…
…at 50 in 60 s, 1,700 in 60 min: not done before…
…
```
"""
    follow(page, tmp_path)


def test_who_is_asked_at_a_terminal_can_answer(tmp_path: Path) -> None:
    """The answers that a page names are typed one at a question, and what it shows is what stands on a terminal."""
    page = """
<!-- at a terminal: blue, fish -->
```sh
read -p 'Which colour: ' colour; read -p 'Which animal: ' animal; printf 'a %s\\r%s %s\\n' cat "$colour" "$animal"
tput cols 2>/dev/null || python -c 'import os; print(os.get_terminal_size(1).columns)'
```
```text
Which colour: blue
Which animal: fish
blue fish
80
```
"""
    follow(page, tmp_path)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\n\nb  # exit code 3\n", [(1, "a", 0), (3, "b  # exit code 3", 3)]),
        ("a \\\n  b  # ends with exit code 1: c\nd", [(1, "a \\\n  b  # ends with exit code 1: c", 1), (3, "d", 0)]),
        (
            "cat <<'END'  # exit code 2\n# exit code 1\nEND\nd",
            [(1, "cat <<'END'  # exit code 2\n# exit code 1\nEND", 2), (4, "d", 0)],
        ),
        ("0 22 * * 1-5  a b\n", [(1, "a b", 0)]),
    ],
)
def test_a_line_is_what_is_typed_before_the_next(text: str, lines: list[tuple[int, str, int]]) -> None:
    """Lines that go on, documents behind a line, times of cron and exit codes in comments are known."""
    assert list(logical_lines(text)) == lines
