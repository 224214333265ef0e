"""Paths of the API with their ids replaced: what a span of a call is named by."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

__all__ = ["ids_in", "segments_of", "template_of"]

# Collections, and how the SDK names the id that follows. What follows and is a word of _WORDS is no id.
_COLLECTIONS = {
    "agents": "agent_id",
    "assistants": "assistant_id",
    "batches": "batch_id",
    "calls": "call_id",
    "certificates": "certificate_id",
    "checkpoints": "fine_tuned_model_checkpoint",
    "completions": "completion_id",
    "containers": "container_id",
    "conversations": "conversation_id",
    "deployments": "deployment_id",
    "evals": "eval_id",
    "file_batches": "file_batch_id",
    "files": "file_id",
    "groups": "group_id",
    "invites": "invite_id",
    "items": "item_id",
    "jobs": "fine_tuning_job_id",
    "messages": "message_id",
    "models": "model",
    "output_items": "output_item_id",
    "parts": "part_id",
    "permissions": "permission_id",
    "projects": "project_id",
    "responses": "response_id",
    "roles": "role_id",
    "runs": "run_id",
    "sessions": "session_id",
    "skills": "skill_id",
    "steps": "step_id",
    "threads": "thread_id",
    "turns": "turn_id",
    "uploads": "upload_id",
    "users": "user_id",
    "vaults": "vault_id",
    "vector_stores": "vector_store_id",
    "versions": "version",
    "voice_consents": "consent_id",
    "voices": "voice_id",
    "videos": "video_id",
    "webhook_endpoints": "webhook_endpoint_id",
}
_WORDS = frozenset(_COLLECTIONS) | {
    "activate",
    "api_keys",
    "automations",
    "cancel",
    "characters",
    "client_secrets",
    "compact",
    "complete",
    "content",
    "deactivate",
    "edits",
    "environments",
    "events",
    "extensions",
    "generations",
    "input_items",
    "input_tokens",
    "remix",
    "search",
    "secrets",
    "submit_tool_outputs",
    "templates",
    "transcription_sessions",
    "translations",
    "variations",
}
_PREFIX = r"v\d[a-z\d]*|openai|api|inference|compatible-mode"
_ID = r"\d+|[A-Za-z]+[-_][A-Za-z0-9_-]*\d[A-Za-z0-9_-]*|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,}|(?=[^a-z]*[a-z])(?=.*\d).{16,}|.{40,}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile with the first call that is traced, not for a program that only turns tracing on."""
    return re.compile(pattern)


def segments_of(path: str) -> list[str]:
    """Give the segments of a path, or of a whole address, without what a base address adds to OpenAI's paths."""
    _, scheme, rest = path.partition("://")
    if scheme:
        path = rest.partition("/")[2]
    segments = [s for s in path.partition("?")[0].partition("#")[0].split("/") if s]
    while len(segments) > 1:
        if segments[0] == "deployments" and len(segments) > 2:
            del segments[:2]
        elif _compiled(_PREFIX).fullmatch(segments[0]):
            del segments[0]
        else:
            break
    return segments


def template_of(segments: list[str]) -> str:
    """Give a path whose ids are named instead: ``/threads/{thread_id}/runs/{run_id}``."""
    found: list[str] = []
    before = ""
    for segment in segments:
        collection = _COLLECTIONS.get(before)
        if collection is not None and segment not in _WORDS:
            found.append(f"{{{collection}}}")
        elif segment not in _WORDS and _compiled(_ID).fullmatch(segment):
            found.append("{id}")
        else:
            found.append(segment)
        before = segment
    return "/" + "/".join(found)


def ids_in(template: str, segments: list[str]) -> dict[str, str]:
    """Give the ids that a path has where its template names them."""
    if "{" not in template:
        return {}
    names = template[1:].split("/")
    return {
        name[1:-1]: unquote(segment) for name, segment in zip(names, segments, strict=False) if name.startswith("{")
    }
