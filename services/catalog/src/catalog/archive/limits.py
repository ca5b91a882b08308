"""How large an archive and its parts may be. In bytes unless a name says otherwise."""

MEBIBYTE = 1024 * 1024

LARGEST_ARCHIVE = 200 * MEBIBYTE
LARGEST_UNPACKED = 1024 * MEBIBYTE
LARGEST_TEXT = 20 * MEBIBYTE
"""Of one XML, HTML, JSON or subtitles file."""
LARGEST_COURSE = 32 * MEBIBYTE
"""Of all its text together: what the service has in memory at once."""
LARGEST_FILE = 500 * MEBIBYTE
MOST_ENTRIES = 20_000
MOST_EXPANSION = 100
"""Times an archive may grow when unpacked, beyond the first `FREE_EXPANSION` bytes."""
FREE_EXPANSION = 50 * MEBIBYTE
LONGEST_PATH = 500
LARGEST_HEADER = 64 * 1024
"""Of the records that carry a long name."""

DEEPEST_XML = 100
MOST_ELEMENTS = 100_000
"""Of one XML file."""

MOST_MODULES = 200
MOST_LESSONS = 2_000
MOST_LESSONS_OF_MODULE = 200
MOST_BLOCKS = 50_000
MOST_RESOURCES_OF_LESSON = 200
MOST_NOTES = 500
"""Of a report; the rest is counted."""
