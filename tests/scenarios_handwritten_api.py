"""Scenarios of the other APIs that the recorded server does not have; their cassettes are written by hand."""

from __future__ import annotations

from typing import Any

from scenario_kit import Steps, consume, drain, quiet, table

__all__ = ["SCENARIOS"]

GPT = "gpt-4o-mini"
QUESTION = "What is the capital of France?"
# Text, so that the cassette can be read; the API itself would want sound.
SOUND = ("hello.wav", b"stands for a recording", "audio/wav")


def speech(client: Any) -> Steps:
    reply = yield client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="Hello.")
    return reply.content


def transcription(client: Any) -> Steps:
    return (yield client.audio.transcriptions.create(model="gpt-4o-transcribe", file=SOUND))


def translation(client: Any) -> Steps:
    return (yield quiet(client.audio.translations.create, model="whisper-1", file=SOUND))


def image(client: Any) -> Steps:
    return (yield client.images.generate(model="gpt-image-1", prompt="A red dot.", size="1024x1024", quality="low"))


def moderation(client: Any) -> Steps:
    return (yield client.moderations.create(model="omni-moderation-latest", input="Hello."))


def response_reasoning(client: Any) -> Steps:
    return (
        yield client.responses.create(
            model="o4-mini", input="Is 1234 + 5678 = 6912?", reasoning={"effort": "low", "summary": "auto"}
        )
    )


def response_web_search(client: Any) -> Steps:
    return (
        yield client.responses.create(
            model=GPT, input="Who won the chess match today?", tools=[{"type": "web_search_preview"}]
        )
    )


def response_stream_helper(client: Any) -> Steps:
    manager = client.responses.stream(model="o4-mini", input=QUESTION, reasoning={"effort": "low", "summary": "auto"})
    events, final = yield consume(manager, "get_final_response")
    return [*events, final]


def response_failed(client: Any) -> Steps:
    """A stream that ends in ``response.failed``: no exception is raised."""
    stream = yield client.responses.create(model=GPT, input=QUESTION, stream=True)
    return (yield drain(stream))


def response_incomplete(client: Any) -> Steps:
    stream = yield client.responses.create(model=GPT, input=QUESTION, max_output_tokens=16, stream=True)
    return (yield drain(stream))


def response_background(client: Any) -> Steps:
    states = [(yield client.responses.create(model=GPT, input=QUESTION, background=True))]
    while states[-1].status in ("queued", "in_progress"):
        states.append((yield client.responses.retrieve(states[0].id)))
    return states


def response_cancel(client: Any) -> Steps:
    started = yield client.responses.create(model=GPT, input=QUESTION, background=True)
    return [started, (yield client.responses.cancel(started.id))]


def conversation(client: Any) -> Steps:
    talk = yield client.conversations.create(metadata={"topic": "capitals"})
    answer = yield client.responses.create(model=GPT, input=QUESTION, conversation=talk.id)
    return [talk, answer]


def assistant_run(client: Any) -> Steps:
    beta = client.beta
    helper = yield quiet(beta.assistants.create, model=GPT, name="Guide", instructions="You know capitals.")
    thread = yield quiet(beta.threads.create)
    yield quiet(beta.threads.messages.create, thread_id=thread.id, role="user", content=QUESTION)
    run = yield quiet(beta.threads.runs.create, thread_id=thread.id, assistant_id=helper.id)
    while run.status in ("queued", "in_progress"):
        run = yield quiet(beta.threads.runs.retrieve, run.id, thread_id=thread.id)
    page = yield quiet(beta.threads.messages.list, thread_id=thread.id)
    return [helper, thread, run, *page.data]


LINE = b'{"custom_id": "1", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "Hello."}}\n'


def batch(client: Any) -> Steps:
    upload = yield client.files.create(file=("batch.jsonl", LINE, "application/jsonl"), purpose="batch")
    job = yield client.batches.create(input_file_id=upload.id, endpoint="/v1/embeddings", completion_window="24h")
    done = yield client.batches.retrieve(job.id)
    results = yield client.files.content(done.output_file_id)
    return [upload, job, done, results.content]


def files(client: Any) -> Steps:
    upload = yield client.files.create(file=("notes.txt", b"Paris is in France.\n", "text/plain"), purpose="assistants")
    page = yield client.files.list()
    content = yield client.files.content(upload.id)
    return [upload, *page.data, content.content]


def vector_store_search(client: Any) -> Steps:
    page = yield client.vector_stores.search("vs_6a0e8caf0001", query=QUESTION, max_num_results=2)
    return page.data


ROOM = "handwritten/openai"
SCENARIOS = [
    *table(
        ROOM,
        [
            speech,
            transcription,
            translation,
            image,
            moderation,
            response_reasoning,
            response_web_search,
            response_failed,
            response_incomplete,
            assistant_run,
            batch,
            files,
            vector_store_search,
        ],
        handwritten=True,
    ),
    # openai 1.66.0 makes another event's object of ``response.completed``, over which its own helper stumbles.
    *table(ROOM, [response_stream_helper], handwritten=True, requires="openai>=1.66.2"),
    *table(ROOM, [response_background], handwritten=True, requires="openai>=1.80"),
    *table(ROOM, [response_cancel], handwritten=True, requires="openai>=1.81"),
    *table(ROOM, [conversation], handwritten=True, requires="openai>=1.101"),
]
