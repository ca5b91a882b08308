"""Videos: the first of a lesson is its video, each is linked to where it stood."""

import json
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from catalog.archive.olx.lesson import LessonInMaking
from catalog.archive.olx.source import read_json
from catalog.archive.refusal import Refused
from catalog.archive.statics import static_name
from catalog.archive.words import line, link, subtitles
from catalog.domain.html import clean
from catalog.domain.validation import validate_video_url

_LONGEST_URL = 500


def add_video(lesson: LessonInMaking, video: "Element[str]", place: str) -> None:
    """Raises Refused when its subtitles are broken."""
    name = line(video.get("display_name", ""), 200) or "Video"
    url = next(_playable(video), None)
    if url is None:
        lesson.note(place, f"video '{name}'", "It has neither a YouTube id nor the address of a video file.")
        return
    transcript = _transcript(lesson, video, place)
    is_lessons = lesson.set_video(url, transcript, place)
    if video.get("start_time", "00:00:00") != "00:00:00" or video.get("end_time", "00:00:00") != "00:00:00":
        lesson.note(place, f"video '{name}'", "Only a part of it was shown; here it is whole.", left_out=False)
    lesson.add(clean(link(url, name)), place, "video")
    if transcript and not is_lessons:
        lesson.add(f"<details><summary>Transcript</summary>{transcript}</details>", place, "transcript")
    for part in ("handout", "track"):
        _add_file(lesson, video, part, place)


def _playable(video: "Element[str]") -> Iterator[str]:
    """Addresses that can be shown, the best first."""
    ids = [video.get("youtube_id_1_0", "")]
    ids += [pair.partition(":")[2] for pair in video.get("youtube", "").split(",") if pair.startswith("1.0")]
    addresses = [f"https://www.youtube.com/watch?v={one.strip()}" for one in ids if one.strip()]
    addresses += [one.get("src", "") for one in video.iter("source")]
    try:
        listed = json.loads(video.get("html5_sources", "[]"))
    except (ValueError, RecursionError):
        listed = []
    addresses += [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    for address in addresses:
        try:
            if 0 < len(address) <= _LONGEST_URL:
                yield validate_video_url(address)
        except ValueError:
            continue


def _transcript(lesson: LessonInMaking, video: "Element[str]", place: str) -> str:
    """What is said, in the course's language if there is that, as HTML."""
    found = {one.get("language", ""): one.get("src", "") for one in video.iter("transcript") if one.get("src")}
    if video.get("transcripts"):
        try:
            listed = json.loads(video.get("transcripts", ""))
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, dict):
            found |= {str(language): name for language, name in listed.items() if isinstance(name, str)}
    if sub := video.get("sub"):
        found.setdefault("", f"subs_{sub}.srt.sjson")
    language = lesson.settings.language
    for wanted in dict.fromkeys((language, language.partition("-")[0], "en", "", *found)):
        path = lesson.source.statics.find(found[wanted]) if found.get(wanted) else None
        if path is not None:
            return clean(_said(lesson, path))
    if found:
        lesson.note(place, "transcript", "Its file is not in the archive.")
    return ""


def _said(lesson: LessonInMaking, path: str) -> str:
    text = lesson.source.text(path)
    if not path.endswith(".sjson"):
        return subtitles(text)
    try:
        lines = read_json(text, path).get("text", [])
        return subtitles("\n".join(one for one in lines if isinstance(one, str)))
    except (AttributeError, TypeError):
        raise Refused("These are no subtitles.", path) from None


def _add_file(lesson: LessonInMaking, video: "Element[str]", part: str, place: str) -> None:
    """A file that goes with the video, as a resource that is linked to."""
    element = next((one for one in video if one.tag == part), None)
    address = (element.get("src") if element is not None else None) or video.get(part, "")
    name = static_name(address) if address else None
    number = lesson.resource(name, place) if name else None
    if number is not None:
        lesson.add(link(lesson.download(number), lesson.resources[number].title), place, part)
