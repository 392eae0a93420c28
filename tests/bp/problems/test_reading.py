"""Blocks of text, plain and gzipped."""

import gzip
import io

import pytest

from bp.problems.reading import BLOCK, opened, text_blocks


@pytest.mark.parametrize("packed", [False, True])
def test_blocks_are_the_text(packed, tmp_path):
    text = b"0123456789" * (BLOCK // 4)
    path = tmp_path / "text"
    path.write_bytes(gzip.compress(text, 1) if packed else text)
    with opened(path) as (file, name):
        blocks = list(text_blocks(file.read(BLOCK), file))
    assert b"".join(blocks) == text and max(map(len, blocks)) <= BLOCK and name == repr(str(path))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "the file is empty"), (b"\x80abc", "a pickle"), (gzip.compress(b"", mtime=0), "gzipped file is empty"),
     (gzip.compress(b"a" * 1000, mtime=0)[:-9], "damaged or truncated")],
)  # fmt: skip
def test_what_is_no_text(data, sentence):
    file = io.BytesIO(data)
    with pytest.raises(ValueError, match=sentence):
        list(text_blocks(file.read(BLOCK), file))
