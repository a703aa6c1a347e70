"""A text file as numbered records: any of them can be read at once through the index."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice

from cursus_tui.data.encodings import Encoding
from cursus_tui.data.file_bytes import FileBytes, text_lines
from cursus_tui.data.jobs import Job
from cursus_tui.data.record_index import IndexBuilder, RecordIndex
from cursus_tui.data.results import DataError
from cursus_tui.data.tables import count_note, joined

FIELD_LIMIT = 64 << 20
"""Characters of one field at most: a longer one is a file read wrongly, and would fill the memory."""
csv.field_size_limit(FIELD_LIMIT)


class RecordFile:
    """Records of fields, or of one line each.

    Args:
        file: The bytes.
        encoding: Judged by a sample; corrected when the index meets a byte that says otherwise.
        delimiter: Between fields; None where a record is a line.
        width: Fields that a record should have; None where any number will do.
        keeps_blank: Whether an empty line is a record.
    """

    def __init__(
        self, file: FileBytes, encoding: Encoding, *, delimiter: str | None, width: int | None, keeps_blank: bool
    ) -> None:
        self.file = file
        self.encoding = encoding
        self.index = RecordIndex(encoding.start, width=width, keeps_blank=keeps_blank)
        self._delimiter = delimiter
        self._bad_bytes = 0

    def build(self, job: Job, changed: Callable[[], None]) -> None:
        """Read all of the file once to index and count it; at once when that is done already.

        Raises:
            DataError: The file cannot be read.
            JobCancelledError: It is not wanted any more.
        """
        if self.index.complete:
            return
        quoted = self._delimiter is not None
        builder = IndexBuilder(self.file, self.encoding, self.index, delimiter=self._delimiter, quoted=quoted)

        def told() -> None:
            self.encoding, self._bad_bytes = builder.characters.encoding, builder.characters.bad_bytes
            changed()

        builder.build(job, told)

    def take_line_sample(self, size: int) -> None:
        """Where records are lines: count those within the first bytes, so that they can be shown at once."""
        content = self.file.read(self.encoding.start, size)
        at_end = len(content) < size
        text = codecs.getincrementaldecoder(self.encoding.name)("replace").decode(content)
        lines = list(io.StringIO(text, newline=""))
        known = lines if at_end else lines[:-1]
        blank = 0 if self.index.keeps_blank else sum(1 for line in known if not line.rstrip("\r\n"))
        self.index.knows(len(known) - blank, self.encoding.start + len(content))
        self.index.blank_lines = blank
        self.index.complete = at_end and "\ufffd" not in text

    @property
    def progress(self) -> float:
        """How much of the file is indexed, 0 to 1."""
        return 1.0 if self.index.complete else self.file.progress(self.index.end)

    @property
    def estimated_records(self) -> int | None:
        """A guess at all records, while not all are known."""
        progress = self.progress
        return int(self.index.records / progress) if 0 < progress < 1 else None

    @property
    def note(self) -> str:
        """What is odd about the text."""
        index = self.index
        unquoted = index.unquoted_from
        return joined(
            self.encoding.note,
            self.file.note,
            count_note(self._bad_bytes, "byte that is no character", "bytes that are no characters"),
            count_note(index.blank_lines, "blank line skipped", "blank lines skipped"),
            ""
            if unquoted is None
            else f"a quote opened in record {unquoted.record + 1:,} is never closed: from there on quotes mean nothing",
        )

    def records(self, first: int, count: int, job: Job) -> Iterator[list[str]]:
        """Records by number, as many of them as are known.

        Raises:
            DataError: The file changed, or has a field that is too long.
            JobCancelledError: They are not wanted any more.
        """
        self.file.check_unchanged()
        count = min(count, self.index.records - first)
        if count <= 0:
            return
        mark = self.index.mark_before(first)
        try:
            for record in islice(
                self._from(mark.record, mark.offset), first - mark.record, first - mark.record + count
            ):
                job.check()
                yield record
        except csv.Error as error:
            raise DataError(
                f"has a field of more than {FIELD_LIMIT >> 20} million characters near record {first + 1:,}",
                file=self.file.path,
                hint="a quote that is never closed makes such fields",
            ) from error

    def texts(self, first: int, count: int, job: Job) -> Iterator[str]:
        """Lines by number, where records are lines."""
        return (record[0] for record in self.records(first, count, job))

    def _from(self, number: int, offset: int) -> Iterator[list[str]]:
        unquoted = self.index.unquoted_from
        if unquoted is None:
            yield from self._read(offset, None, quoted=True)
        elif number >= unquoted.record:
            yield from self._read(offset, None, quoted=False)
        else:
            yield from self._read(offset, unquoted.offset, quoted=True)
            yield from self._read(unquoted.offset, None, quoted=False)

    def _read(self, offset: int, end: int | None, *, quoted: bool) -> Iterator[list[str]]:
        lines = text_lines(self.file, offset, end, self.encoding.name)
        if self._delimiter is None:
            records: Iterator[list[str]] = ([stripped] if (stripped := line.rstrip("\r\n")) else [] for line in lines)
        else:
            records = csv.reader(
                lines, delimiter=self._delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
            )
        if self.index.keeps_blank:
            return (record or [""] for record in records)
        return (record for record in records if record)
