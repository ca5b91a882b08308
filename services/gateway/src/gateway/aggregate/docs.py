"""The API's documentation as a page: the OpenAPI document for people, with nothing loaded from elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup

from gateway.pages import render

_METHODS = ("get", "post", "put", "patch", "delete")

_PAGE = Markup(
    "<h1>Syllabus API</h1>{description}"
    "<p>Log in at <code>POST /api/auth/login/</code>, then send <code>Authorization: Token &lt;token&gt;</code>."
    ' For programs: <a href="/api/schema/">OpenAPI 3.1</a>, and'
    ' <a href="/api/events/schema/">AsyncAPI 3</a> of the events.</p>{degraded}'
    '<nav aria-label="Parts of the API"><ul>{contents}</ul></nav>{groups}{schemas}'
)
_DEGRADED = Markup('<p role="status"><strong>Incomplete:</strong> these services do not answer now: {names}.</p>')
_ENTRY = Markup('<li><a href="#{anchor}">{name}</a></li>')
_GROUP = Markup('<section aria-labelledby="{anchor}"><h2 id="{anchor}">{name}</h2>{operations}</section>')
_OPERATION = Markup(
    '<details><summary><span class="method">{method}</span> <code>{path}</code> {summary}</summary>'
    "{description}{parameters}{body}{responses}</details>"
)
_TABLE = Markup(
    '<div class="scroll"><table><caption>{caption}</caption><thead><tr>{heads}</tr></thead>'
    "<tbody>{rows}</tbody></table></div>"
)
_PARAGRAPH = Markup("<p>{}</p>")
_CELL = Markup("<td>{}</td>")
_HEAD = Markup('<th scope="col">{}</th>')
_ROW = Markup("<tr>{}</tr>")
_CODE = Markup("<code>{}</code>")
_SCHEMA = Markup('<details id="schema-{name}"><summary><code>{name}</code></summary>{description}{fields}</details>')
_LINK = Markup('<a href="#schema-{name}">{name}</a>')


def render_docs(document: dict[str, Any]) -> str:
    """The whole page. Takes tens of milliseconds: not for the event loop."""
    tags = [tag["name"] for tag in document["tags"]]
    missing = document.get("x-degraded")
    content = _PAGE.format(
        description=_paragraphs(document["info"]["description"]),
        degraded=_DEGRADED.format(names=", ".join(missing)) if missing else "",
        contents=_joined(_ENTRY.format(anchor=_anchor(tag), name=tag) for tag in [*tags, "Schemas"]),
        groups=_joined(_group(tag, document) for tag in tags),
        schemas=_schemas(document["components"]["schemas"]),
    )
    return render("API", content)


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _anchor(tag: str) -> str:
    return "tag-" + "".join(character if character.isalnum() else "-" for character in tag.lower())


def _group(tag: str, document: dict[str, Any]) -> Markup:
    operations = [
        _operation(method, path, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if tag in item.get(method, {}).get("tags", ())
    ]
    return _GROUP.format(anchor=_anchor(tag), name=tag, operations=_joined(operations))


def _operation(method: str, path: str, operation: dict[str, Any]) -> Markup:
    body = operation.get("requestBody", {}).get("content", {})
    return _OPERATION.format(
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=_paragraphs(operation.get("description", "")),
        parameters=_parameters(operation.get("parameters", [])),
        body=_joined(_PARAGRAPH.format(_body(kind, media)) for kind, media in body.items()),
        responses=_responses(operation["responses"]),
    )


def _paragraphs(text: str) -> Markup:
    return _joined(_PARAGRAPH.format(part) for part in text.split("\n\n") if part.strip())


def _body(kind: str, media: dict[str, Any]) -> Markup:
    return Markup("Body, {}: {}").format(_CODE.format(kind), _type(media.get("schema", {})))


def _parameters(parameters: list[dict[str, Any]]) -> Markup:
    rows = [
        (
            _CODE.format(parameter["name"]),
            parameter["in"],
            _type(parameter.get("schema", {})),
            "yes" if parameter.get("required") else "no",
            parameter.get("description", ""),
        )
        for parameter in parameters
    ]
    return _table("Parameters", ("name", "in", "type", "required", "meaning"), rows)


def _responses(responses: dict[str, Any]) -> Markup:
    rows = [(status, _content(response), response.get("description", "")) for status, response in responses.items()]
    return _table("Answers", ("status", "body", "meaning"), rows)


def _content(response: dict[str, Any]) -> Markup | str:
    if "$ref" in response:
        return _CODE.format(response["$ref"].rpartition("/")[2])
    return Markup(", ").join(_type(media.get("schema", {})) for media in response.get("content", {}).values())


def _schemas(schemas: dict[str, Any]) -> Markup:
    entries = [
        _SCHEMA.format(name=name, description=_paragraphs(schema.get("description", "")), fields=_fields(schema))
        for name, schema in schemas.items()
    ]
    return _GROUP.format(anchor=_anchor("Schemas"), name="Schemas", operations=_joined(entries))


def _fields(schema: dict[str, Any]) -> Markup:
    required = schema.get("required", ())
    rows = [
        (_CODE.format(name), _type(field), "yes" if name in required else "no", _meaning(field))
        for name, field in schema.get("properties", {}).items()
    ]
    return _table("Fields", ("name", "type", "required", "meaning"), rows) if rows else _PARAGRAPH.format(_type(schema))


def _meaning(field: dict[str, Any]) -> str:
    limits = [
        f"{name}: {field[name]}"
        for name in ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "default")
        if name in field
    ]
    return " ".join(part for part in (field.get("description", ""), ", ".join(limits)) if part)


def _type(schema: Any) -> Markup | str:
    """A schema in a few words, with links to those that have names."""
    if not isinstance(schema, dict):
        return "anything"
    if "$ref" in schema:
        return _LINK.format(name=schema["$ref"].rpartition("/")[2])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return Markup(" or ").join(_type(each) for each in schema[several])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return Markup("list of {}").format(_type(schema.get("items", {})))
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[Markup | str, ...]]) -> Markup:
    if not rows:
        return Markup("")
    return _TABLE.format(
        caption=caption,
        heads=_joined(_HEAD.format(head) for head in heads),
        rows=_joined(_ROW.format(_joined(_CELL.format(cell) for cell in row)) for row in rows),
    )
