from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, Field, create_model

from gateway.aggregate.openapi import merge
from gateway.aggregate.schema import ServiceDocument
from shared.testing import ServiceUnderTest

OTHERS = ("catalog", "enrollment", "assessment", "certificate")


def _service(name: str, **fields: Any) -> dict[str, Any]:
    """What a service with one resource says of itself; its `Thing` has `fields`."""
    Thing = create_model("Thing", **fields)  # noqa: N806

    class Same(BaseModel):
        """The same in all of them."""

        id: int

    class ThingList(BaseModel):
        things: list[Thing] = Field(max_length=3)  # type: ignore[valid-type]

    router = APIRouter()

    @router.get(f"/api/{name}/")
    async def list_things(page: int = 1) -> ThingList:
        """<b>Things</b> of a service."""
        raise NotImplementedError

    @router.post(f"/api/{name}/{{thing_id}}/same/", name=f"same_{name}", tags=["Sameness"])
    async def same(thing_id: int, body: Same) -> Same:
        raise NotImplementedError

    @router.get("/internal/secret/")
    async def secret() -> int:
        raise NotImplementedError

    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    app.include_router(router)
    return app.openapi()


CATALOG = _service("courses", title=(str, ...))
ENROLLMENT = _service("enrollments", status=(int, 0))


class TestMerge:
    def test_is_a_valid_document(self) -> None:
        document = merge({"catalog": CATALOG, "enrollment": ENROLLMENT}, [], "http://public")
        OpenAPIV31SpecValidator(document).validate()
        assert document["openapi"] == "3.1.0"
        assert document["servers"] == [{"url": "http://public"}]
        assert "x-degraded" not in document

    def test_has_the_public_paths_only(self) -> None:
        document = merge({"catalog": CATALOG, "enrollment": ENROLLMENT}, [], "http://public")
        assert list(document["paths"]) == [
            "/api/courses/",
            "/api/courses/{thing_id}/same/",
            "/api/enrollments/",
            "/api/enrollments/{thing_id}/same/",
        ]

    def test_names_that_clash_are_told_apart(self) -> None:
        document = merge({"catalog": CATALOG, "enrollment": ENROLLMENT}, [], "http://public")
        schemas = document["components"]["schemas"]
        assert {"CatalogThing", "EnrollmentThing", "CatalogThingList", "EnrollmentThingList"} >= {
            name for name in schemas if "Thing" in name
        } - {"ThingList"}
        assert {"CatalogThing", "EnrollmentThing", "Same"} <= set(schemas)
        assert "Thing" not in schemas
        operation = document["paths"]["/api/enrollments/"]["get"]
        assert operation["operationId"] == "enrollment_list_things"
        assert document["paths"]["/api/courses/{thing_id}/same/"]["post"]["operationId"] == "same_courses"

    def test_references_lead_to_their_own_schema(self) -> None:
        document = merge({"catalog": CATALOG, "enrollment": ENROLLMENT}, [], "http://public")
        schemas = document["components"]["schemas"]

        def follow(reference: str) -> Any:
            return schemas[reference.rpartition("/")[2]]

        for path, field in (("/api/courses/", "title"), ("/api/enrollments/", "status")):
            answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            things = follow(answer["$ref"])["properties"]["things"]["items"]
            assert list(follow(things["$ref"])["properties"]) == [field]

    def test_errors_are_those_of_the_api(self) -> None:
        document = merge({"catalog": CATALOG}, [], "http://public")
        responses = document["paths"]["/api/courses/"]["get"]["responses"]
        assert "422" not in responses
        assert responses["400"] == {"$ref": "#/components/responses/Invalid"}
        assert responses["default"] == {"$ref": "#/components/responses/Problem"}
        assert "HTTPValidationError" not in document["components"]["schemas"]
        assert document["components"]["securitySchemes"]["Token"]["name"] == "Authorization"

    def test_every_operation_is_in_a_group(self) -> None:
        document = merge({"catalog": CATALOG}, [], "http://public")
        assert document["tags"] == [{"name": "Catalog"}, {"name": "Sameness"}]

    def test_what_it_was_made_of_stays_as_it_was(self) -> None:
        merge({"catalog": CATALOG, "enrollment": ENROLLMENT}, [], "http://public")
        assert "422" in CATALOG["paths"]["/api/courses/"]["get"]["responses"]


@pytest.fixture
def everyone(gateway: ServiceUnderTest) -> None:
    for name in OTHERS:
        gateway.peers.answer(name, "/internal/openapi.json", ServiceDocument(_service(name, x=(int, ...))))


class TestSchema:
    async def test_is_one_valid_document_of_all(self, door: httpx.AsyncClient, everyone: None) -> None:
        answer = await door.get("/api/schema/")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        document = answer.json()
        OpenAPIV31SpecValidator(document).validate()
        assert {"/api/auth/login/", "/api/catalog/", "/api/certificate/"} <= set(document["paths"])
        assert all(path.startswith("/api/") for path in document["paths"])

    async def test_is_kept_once_complete(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, everyone: None
    ) -> None:
        first = await door.get("/api/schema/")
        asked = len(gateway.peers.asked)
        assert (await door.get("/api/schema/")).content == first.content
        assert len(gateway.peers.asked) == asked

    async def test_a_service_that_is_down_is_named_and_asked_again(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, everyone: None
    ) -> None:
        kept = gateway.peers.answers.pop(("catalog", "/internal/openapi.json"))
        degraded = (await door.get("/api/schema/")).json()
        assert degraded["x-degraded"] == ["catalog"]
        assert "/api/catalog/" not in degraded["paths"]
        OpenAPIV31SpecValidator(degraded).validate()
        assert "Incomplete" in (await door.get("/api/docs/")).text
        gateway.peers.answer("catalog", "/internal/openapi.json", kept)
        assert "x-degraded" not in (await door.get("/api/schema/")).json()


class TestDocs:
    async def test_loads_and_runs_nothing(self, door: httpx.AsyncClient, everyone: None) -> None:
        answer = await door.get("/api/docs/")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for loaded in ("<script", "src=", "<link", "@import", "url(", "http://cdn", "https://"):
            assert loaded not in answer.text

    async def test_tells_every_operation(self, door: httpx.AsyncClient, everyone: None) -> None:
        page = (await door.get("/api/docs/")).text
        for path in (await door.get("/api/schema/")).json()["paths"]:
            assert f"<code>{path}</code>" in page

    async def test_escapes_what_services_say(self, door: httpx.AsyncClient, everyone: None) -> None:
        page = (await door.get("/api/docs/")).text
        assert "&lt;b&gt;Things&lt;/b&gt;" in page
        assert "<b>" not in page


class TestEventsAndHome:
    async def test_the_events_have_a_document(self, door: httpx.AsyncClient) -> None:
        document = (await door.get("/api/events/schema/")).json()
        assert document["asyncapi"].startswith("3.")
        assert "gateway.user.registered.v1" in document["channels"]

    async def test_the_first_page_leads_on(self, door: httpx.AsyncClient) -> None:
        page = (await door.get("/")).text
        for link in ("/api/docs/", "/api/schema/", "/api/health/", "/verify/"):
            assert f'href="{link}"' in page

    async def test_what_is_not_there_is_not_found(self, door: httpx.AsyncClient) -> None:
        for path in ("/api/", "/api", "/api/nothing/", "/nothing", "/favicon.ico"):
            answer = await door.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
            assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_no_other_origin_is_let_in(self, door: httpx.AsyncClient) -> None:
        answer = await door.get("/api/health/", headers={"Origin": "https://elsewhere.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]
