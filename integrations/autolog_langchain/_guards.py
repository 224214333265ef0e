"""Wrappers around a few methods whose runs the callbacks alone do not place, or do not end.

- One call for several prompts (``generate([p1, p2])``) starts all runs before the first model call.
- LangChain shields the end callbacks of async runs: they run in a copied context, where what was made current in the
  program's task cannot be undone.
- The events of an async model come from a task of their own (``astream_events(version="v3")``), which takes the context
  of the program's task with it: in the program's own task the model must not stay current.
- An async text model tells handlers that are not inline, as the program's own usually are, of no start once one that is
  inline is there (langchain-ai/langchain#39633): ours is told apart from them.
- A cancelled async call of a tool, a retriever or a model has no end callback at all (langchain-core 0.3 to 1.8); nor
  has a retriever that Ctrl-C ends.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from autolog.integration import activate, current_span, deactivate, report
from autolog_langchain._runs import STARTED, Run, Runs

if TYPE_CHECKING:
    from autolog.integration import Leave, Patcher

__all__ = ["install"]

_Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
_MODELS = "langchain_core.language_models.chat_models:BaseChatModel"
_TEXT_MODELS = "langchain_core.language_models.llms:BaseLLM"
_RETRIEVERS = "langchain_core.retrievers:BaseRetriever"
_TOOLS = "langchain_core.tools.base:BaseTool"
_ASYNC_MANAGER = "langchain_core.callbacks.manager:AsyncCallbackManager"
_STREAMS = "langchain_core.language_models.chat_model_stream:AsyncChatModelStream"


def install(patcher: Patcher, runs: Runs, our_handler: Callable[[], Any]) -> None:
    """Wrap the methods, each once its module is imported."""
    for target, is_async in (
        (f"{_MODELS}._generate_with_cache", False),
        (f"{_MODELS}._agenerate_with_cache", True),
        (f"{_TEXT_MODELS}._generate_helper", False),
        (f"{_TEXT_MODELS}._agenerate_helper", True),
    ):
        patcher.around(target, partial(_one_prompt, runs, is_async), is_async=is_async, optional=True)
    for target, is_async in (
        (f"{_RETRIEVERS}.invoke", False),
        (f"{_RETRIEVERS}.ainvoke", True),
        (f"{_MODELS}.agenerate", True),
        (f"{_TEXT_MODELS}.agenerate", True),
        (f"{_TOOLS}.arun", True),
    ):
        patcher.around(target, partial(_contained, runs, is_async), is_async=is_async, optional=True)
    patcher.wrap(f"{_STREAMS}.set_start", _started_elsewhere(runs), optional=True)
    patcher.wrap(f"{_ASYNC_MANAGER}.on_llm_start", _told_apart(our_handler), optional=True)


def _run_of(runs: Runs, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
    manager: Any = kwargs.get("run_manager")
    if manager is None:  # of text models: the managers of all prompts, which one call may serve
        managers: Any = kwargs.get("run_managers", args[2] if len(args) > 2 else None)
        manager = cast("list[Any]", managers)[0] if isinstance(managers, list) and managers else None
    return runs.get(getattr(manager, "run_id", None))


def _one_prompt(
    runs: Runs,
    is_async: bool,  # noqa: FBT001
    _model: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Leave | None:
    run = _run_of(runs, args, kwargs)
    if run is None or run.span is None or (run.activation is not None and not is_async):
        return None
    activation = activate(run.span)

    def leave(_result: Any, exc: BaseException | None) -> None:
        deactivate(activation)
        # Of an Exception, and where nothing is async of anything, LangChain tells itself.
        if is_async and exc is not None and not isinstance(exc, Exception):
            runs.fail(run, exc)

    return leave


def _contained(
    runs: Runs,
    is_async: bool,  # noqa: FBT001
    _instance: Any,
    _args: tuple[Any, ...],
    _kwargs: dict[str, Any],
) -> Leave:
    started: list[Run] = []
    token = STARTED.set(started)
    activation = activate(current_span()) if is_async else None

    def leave(_result: Any, exc: BaseException | None) -> None:
        if activation is not None:
            deactivate(activation)
        STARTED.reset(token)
        if exc is not None:
            for run in started:
                runs.fail(run, exc)

    return leave


def _started_elsewhere(runs: Runs) -> _Wrapper:
    def wrapper(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        start: Any = args[0] if args else None
        if start is None or len(args) > 1 or kwargs:
            return wrapped(*args, **kwargs)

        async def started_here() -> None:
            started: list[Run] = []
            token = STARTED.set(started)
            try:
                await start()
            finally:
                STARTED.reset(token)
                _close_windows(runs, started)

        return wrapped(started_here)

    return wrapper


def _close_windows(runs: Runs, started: list[Run]) -> None:
    try:
        for run in started:
            runs.close_window(run)
    except Exception as e:
        report("leaving what a model's stream has started", e)


def _told_apart(our_handler: Callable[[], Any]) -> _Wrapper:
    async def wrapper(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        ours = our_handler()
        others = _without(ours, instance) if len(args) == 2 else None
        if others is None:
            return await wrapped(*args, **kwargs)
        managers: list[Any] = await others.on_llm_start(*args, **kwargs)
        try:
            _tell(ours, instance, managers, args, kwargs)
        except Exception as e:
            report("telling of the start of a text model", e)
        return managers

    return wrapper


def _without(ours: Any, manager: Any) -> Any:
    """Give the manager of the other handlers; ``None`` where ours is not there, or alone."""
    try:
        if len(manager.handlers) < 2 or ours not in manager.handlers:
            return None
        others = manager.copy()
        others.remove_handler(ours)
    except Exception as e:
        report("telling our handler from others", e)
        return None
    return others


def _tell(ours: Any, manager: Any, made: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Tell our handler of the starts that the others were told of, and have the new managers tell it of the ends."""
    serialized, prompts = args
    for one in made:
        one.handlers, one.inheritable_handlers = manager.handlers, manager.inheritable_handlers
    about = {key: value for key, value in kwargs.items() if key != "run_id"}
    for one, prompt in zip(made, prompts, strict=False):
        ours.on_llm_start(
            serialized,
            [prompt],
            run_id=one.run_id,
            parent_run_id=manager.parent_run_id,
            tags=manager.tags,
            metadata=manager.metadata,
            **about,
        )
