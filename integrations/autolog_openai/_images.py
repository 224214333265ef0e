"""Images: generated, edited and varied, whole and streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autolog_openai._json import Json, as_dict, as_str, dicts
from autolog_openai._parts import media, text
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

if TYPE_CHECKING:
    from autolog.integration import Fields
    from autolog_openai._sse import Event

__all__ = ["gather_images", "read_images"]

_OF_AN_IMAGE = ("b64_json", "revised_prompt", "url")
_OF_AN_EVENT = frozenset({*_OF_AN_IMAGE, "type", "partial_image_index", "sequence_number"})


def _parts(image: Json, kind: str) -> list[Json]:
    content, url, revised = (as_str(image.get(key)) for key in ("b64_json", "url", "revised_prompt"))
    parts: list[Json] = []
    if content is not None:
        parts.append({"type": "blob", "modality": "image", "mime_type": f"image/{kind}", "content": content})
    elif url is not None:
        parts.append(media(url, "image"))
    if revised is not None:
        parts.append({"type": "revised_prompt", "content": revised})
    return parts


def read_images(fields: Fields, wire: Wire) -> None:
    """Read an image call."""
    read_identity(fields, wire)
    request, response = wire.request, wire.response
    fields.output_type = "image"
    fields.usage = response_usage(response, new_names=True)
    prompt = as_str(request.get("prompt"))
    if prompt is not None:
        fields.input_messages = [{"role": "user", "parts": [text(prompt)]}]
    kind = as_str(response.get("output_format")) or as_str(request.get("output_format")) or "png"
    messages = [{"role": "assistant", "parts": _parts(image, kind)} for image in dicts(response.get("data"))]
    fields.output_messages = messages or None


def gather_images(events: list[Event]) -> Json:
    """Give the final images, or the last partial one where the stream was cut; with them, what is said of all."""
    response: Json = {}
    final: list[Json] = []
    partial: Json | None = None
    for name, data in events:
        event = as_dict(data)
        kind = as_str(event.get("type")) or name
        image = {key: event[key] for key in _OF_AN_IMAGE if key in event}
        response |= {k: v for k, v in event.items() if k not in _OF_AN_EVENT and (v is not None or k not in response)}
        if kind.endswith(".completed"):
            final.append(image)
        elif image:
            partial = {**image, "partial_image_index": event.get("partial_image_index")}
    response["data"] = final or ([partial] if partial else [])
    return response
