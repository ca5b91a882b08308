"""From a packed archive to a draft. Runs in a process of its own (`process`): blocks, and takes as long as it takes."""

from pathlib import Path

from pydantic import ValidationError

from catalog.archive.draft import CourseDraft, ReadArchive
from catalog.archive.olx.course import read_course
from catalog.archive.olx.source import Source
from catalog.archive.own import MANIFEST, read_own
from catalog.archive.refusal import Refused
from catalog.archive.resources import FileFacts, facts_of
from catalog.archive.tar import Tree, unpack


def read_archive(archive: Path, folder: Path) -> ReadArchive:
    """Unpack into `folder` and understand. Raises Refused."""
    tree = _course_root(unpack(archive, folder))
    try:
        course, report = read_own(tree) if MANIFEST in tree.files else read_course(Source(tree))
    except ValidationError as error:
        raise Refused(_sentence(error)) from None
    picture = tree.files.get(course.thumbnail or "")
    return ReadArchive(
        course=course, report=report, files=_needed(course, tree), thumbnail=str(picture.path) if picture else None
    )


def _course_root(tree: Tree) -> Tree:
    """The folder that has `course.xml`: the archive's root, or the only folder in it that has one."""
    if "course.xml" in tree.files:
        return tree
    roots = [path.partition("/")[0] for path in tree.files if path.endswith("/course.xml") and path.count("/") == 1]
    if len(roots) != 1:
        raise Refused(
            "There is no course.xml at the top of the archive, or in one folder there: this is no course in OLX."
        )
    return tree.below(roots[0])


def _needed(course: CourseDraft, tree: Tree) -> dict[str, FileFacts]:
    paths = {one.file for lesson in course.lessons() for one in lesson.resources if one.file}
    return {path: facts_of(path.rpartition("/")[2], tree.files[path].path) for path in sorted(paths)}


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"The course has a value that it cannot have: {where}: {first['msg']}."
