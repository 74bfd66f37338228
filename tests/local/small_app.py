"""A Chalice app in small, for the tests of the gateway."""

from typing import Any

from chalice.app import Chalice, Response

app = Chalice(app_name="small")


def seen() -> dict[str, Any]:
    request = app.current_request
    assert request is not None
    return {"event": request.to_dict(), "params": request.uri_params}


@app.route("/api/users/me", methods=["GET"])
def me() -> dict[str, Any]:
    return {"route": "me"}


@app.route("/api/users/{user_id}", methods=["GET", "POST", "HEAD"])
def user(user_id: str) -> dict[str, Any]:
    return {"route": "user", "user_id": user_id, **seen()}


@app.route("/api/{anything}/me", methods=["GET"])
def anything(anything: str) -> dict[str, Any]:
    return {"route": "anything", "anything": anything}


@app.route("/", methods=["GET"])
def root() -> dict[str, Any]:
    return {"route": "root"}


@app.route("/long", methods=["GET"])
def long() -> Response:
    return Response({"text": "x" * 5000}, headers={"Vary": "Origin", "ETag": '"1"'})


@app.route("/bytes", methods=["GET"])
def raw() -> Response:
    return Response(b"\x00\xff", headers={"Content-Type": "application/octet-stream"})


@app.route("/upload", methods=["POST"], content_types=["application/octet-stream"])
def upload() -> dict[str, Any]:
    request = app.current_request
    assert request is not None
    return {"length": len(request.raw_body)}


@app.route("/cookies", methods=["GET"])
def cookies() -> Response:
    return Response("", headers={"Set-Cookie": ["a=1", "b=2"]}, status_code=204)
