"""Every attribute name that autolog writes, in one place.

``gen_ai.*``, ``server.*`` and ``error.type`` are OpenTelemetry's semantic conventions for generative AI
(https://github.com/open-telemetry/semantic-conventions-genai, as of October 2026); ``openai.*`` is their
OpenAI page. What the conventions have no word for is under ``autolog.*``.
"""

from __future__ import annotations

from typing import Final

# What was called
OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_ID: Final = "gen_ai.agent.id"
DATA_SOURCE_ID: Final = "gen_ai.data_source.id"
OUTPUT_TYPE: Final = "gen_ai.output.type"

# Request
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_PREFIX: Final = "gen_ai.request."
EMBEDDINGS_DIMENSION_COUNT: Final = "gen_ai.embeddings.dimension.count"

# Response
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_STATUS: Final = "gen_ai.response.status"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds

# Usage
USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
USAGE_CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
USAGE_REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
USAGE_AUDIO_INPUT_TOKENS: Final = "gen_ai.usage.audio.input_tokens"
USAGE_AUDIO_OUTPUT_TOKENS: Final = "gen_ai.usage.audio.output_tokens"
USAGE_TOTAL_TOKENS: Final = "autolog.usage.total_tokens"  # the conventions have no total

# Content
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
RETRIEVAL_TOP_K: Final = "gen_ai.retrieval.top_k"
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"

# Tools
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"

# OpenAI's own
OPENAI_API_TYPE: Final = "openai.api.type"
OPENAI_REQUEST_SERVICE_TIER: Final = "openai.request.service_tier"
OPENAI_RESPONSE_SERVICE_TIER: Final = "openai.response.service_tier"
OPENAI_SYSTEM_FINGERPRINT: Final = "openai.response.system_fingerprint"

# Errors
ERROR_TYPE: Final = "error.type"
HTTP_STATUS_CODE: Final = "http.response.status_code"
EXCEPTION_EVENT: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"

# Ours
INTEGRATION: Final = "autolog.integration"
SPAN_TYPE: Final = "autolog.span_type"
OUTCOME: Final = "autolog.outcome"
LOCAL_ROOT: Final = "autolog.local_root"  # the root here, under a parent in another process or tracing system
STREAM: Final = "autolog.stream"
CHUNK_COUNT: Final = "autolog.stream.chunk_count"
TOKENS_PER_SECOND: Final = "autolog.stream.tokens_per_second"
RETRY_COUNT: Final = "autolog.retry_count"
REQUEST_ID: Final = "autolog.request_id"
REQUEST_PATH: Final = "autolog.request.path"
REQUEST_METHOD: Final = "autolog.request.method"
REQUEST_URL: Final = "autolog.request.url"  # as it was sent, without the credentials in it
ERROR_CODE: Final = "autolog.error.code"
TOOL_CALLS: Final = "autolog.tool_calls"
EMBEDDING_COUNT: Final = "autolog.embeddings.count"
USAGE_AUDIO_SECONDS: Final = "autolog.usage.audio_seconds"  # of transcriptions that are billed by time
AUDIO_SENT_BYTES: Final = "autolog.audio.sent_bytes"  # decoded, of a session
AUDIO_RECEIVED_BYTES: Final = "autolog.audio.received_bytes"
MESSAGES_LEFT_OUT: Final = "autolog.session.messages_left_out"  # beyond what is kept of one session
EVENT_USAGE: Final = "autolog.event.usage"  # of one response in a session, as the provider sent it
USAGE_COUNTED_BEFORE: Final = "autolog.usage.counted_before"
USAGE_COUNTED_BELOW: Final = "autolog.usage.counted_below"  # on export: usage that a span below sends already
INPUTS: Final = "autolog.inputs"
OUTPUTS: Final = "autolog.outputs"
TRACE_TAGS: Final = "autolog.trace.tags"
TRACE_METADATA: Final = "autolog.trace.metadata"
TAGS: Final = "autolog.tags"  # of one run, a list
METADATA: Final = "autolog.metadata"  # of one run, as the program set it
CACHED: Final = "autolog.cached"  # answered from a cache of the program's: no model was asked, no token counts
INTERRUPTED: Final = "autolog.interrupted"  # a graph that waits for somebody's answer
LANGGRAPH_NODE: Final = "autolog.langgraph.node"
LANGGRAPH_STEP: Final = "autolog.langgraph.step"
LANGGRAPH_CHECKPOINT_NS: Final = "autolog.langgraph.checkpoint_ns"
COST: Final = "autolog.cost.usd"
PRICE_SOURCE: Final = "autolog.cost.source"
PRICE_TIER: Final = "autolog.cost.tier"  # at which a call is charged, where its price is not the usual one: "batch"
OTEL_PARENT_TRACE_ID: Final = "autolog.otel.trace_id"
OTEL_PARENT_SPAN_ID: Final = "autolog.otel.span_id"
READER_ERROR: Final = "autolog.reader_error"
PROCESSOR_ERROR: Final = "autolog.processor_error"
STORE_ERROR: Final = "autolog.store_error"

# For Phoenix, MLflow and Langfuse, which read these (added on export only)
OPENINFERENCE_SPAN_KIND: Final = "openinference.span.kind"
OPENINFERENCE_INPUT: Final = "input.value"
OPENINFERENCE_OUTPUT: Final = "output.value"
OPENINFERENCE_INPUT_MIME_TYPE: Final = "input.mime_type"
OPENINFERENCE_OUTPUT_MIME_TYPE: Final = "output.mime_type"
OPENINFERENCE_INPUT_TOKENS: Final = "llm.token_count.prompt"
OPENINFERENCE_OUTPUT_TOKENS: Final = "llm.token_count.completion"
OPENINFERENCE_TOTAL_TOKENS: Final = "llm.token_count.total"
OPENINFERENCE_CACHE_READ_TOKENS: Final = "llm.token_count.prompt_details.cache_read"
OPENINFERENCE_CACHE_WRITE_TOKENS: Final = "llm.token_count.prompt_details.cache_write"
OPENINFERENCE_AUDIO_INPUT_TOKENS: Final = "llm.token_count.prompt_details.audio"
OPENINFERENCE_REASONING_TOKENS: Final = "llm.token_count.completion_details.reasoning"
OPENINFERENCE_AUDIO_OUTPUT_TOKENS: Final = "llm.token_count.completion_details.audio"
OPENINFERENCE_METADATA: Final = "metadata"
OPENINFERENCE_TAGS: Final = "tag.tags"
MLFLOW_CHAT_USAGE: Final = "mlflow.chat.tokenUsage"  # read too, from spans of a program's own
MLFLOW_SESSION: Final = "mlflow.trace.session"  # the same: metadata of a trace
MLFLOW_USER: Final = "mlflow.trace.user"
MLFLOW_SPAN_TYPE: Final = "mlflow.spanType"
MLFLOW_TRACE_NAME: Final = "mlflow.traceTag.mlflow.traceName"
MLFLOW_TRACE_TAG_PREFIX: Final = "mlflow.traceTag."
LANGFUSE_USAGE_DETAILS: Final = "langfuse.observation.usage_details"
LANGFUSE_COST_DETAILS: Final = "langfuse.observation.cost_details"
LANGFUSE_TRACE_NAME: Final = "langfuse.trace.name"
LANGFUSE_TRACE_TAGS: Final = "langfuse.trace.tags"
LEGACY_CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"
