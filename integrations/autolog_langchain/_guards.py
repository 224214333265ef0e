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
from typing import TYPE_CHECKING, Any, cast

from autolog.integration import activate, current_span, deactivate
from autolog_langchain._runs import STARTED, Run, Runs

if TYPE_CHECKING:
    from autolog.integration import Patcher

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
    patcher.wrap(f"{_ASYNC_MANAGER}.on_llm_start", _told_apart(our_handler), optional=True)
    patcher.wrap(f"{_MODELS}._generate_with_cache", _one_prompt(runs), optional=True)
    patcher.wrap(f"{_MODELS}._agenerate_with_cache", _one_prompt_async(runs), optional=True)
    patcher.wrap(f"{_TEXT_MODELS}._generate_helper", _one_prompt(runs), optional=True)
    patcher.wrap(f"{_TEXT_MODELS}._agenerate_helper", _one_prompt_async(runs), optional=True)
    patcher.wrap(f"{_STREAMS}.set_start", _started_elsewhere(runs), optional=True)
    patcher.wrap(f"{_RETRIEVERS}.invoke", _contained(runs), optional=True)
    for target in (f"{_MODELS}.agenerate", f"{_TEXT_MODELS}.agenerate", f"{_RETRIEVERS}.ainvoke", f"{_TOOLS}.arun"):
        patcher.wrap(target, _contained_async(runs), optional=True)


def _run_of(runs: Runs, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
    manager: Any = kwargs.get("run_manager")
    if manager is None:  # of text models: the managers of all prompts, which one call may serve
        managers: Any = kwargs.get("run_managers", args[2] if len(args) > 2 else None)
        manager = cast("list[Any]", managers)[0] if isinstance(managers, list) and managers else None
    return runs.get(getattr(manager, "run_id", None))


def _one_prompt(runs: Runs) -> _Wrapper:
    def wrapper(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = _run_of(runs, args, kwargs)
        if run is None or run.span is None or run.activation is not None:
            return wrapped(*args, **kwargs)
        activation = activate(run.span)
        try:
            return wrapped(*args, **kwargs)
        finally:
            deactivate(activation)

    return wrapper


def _one_prompt_async(runs: Runs) -> _Wrapper:
    async def wrapper(
        wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        run = _run_of(runs, args, kwargs)
        if run is None or run.span is None:
            return await wrapped(*args, **kwargs)
        activation = activate(run.span)
        try:
            return await wrapped(*args, **kwargs)
        except Exception:
            raise  # LangChain tells of it
        except BaseException as e:
            runs.fail(run, e)
            raise
        finally:
            deactivate(activation)

    return wrapper


def _contained(runs: Runs) -> _Wrapper:
    def wrapper(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        started: list[Run] = []
        token = STARTED.set(started)
        try:
            return wrapped(*args, **kwargs)
        except BaseException as e:
            for run in started:
                runs.fail(run, e)
            raise
        finally:
            STARTED.reset(token)

    return wrapper


def _contained_async(runs: Runs) -> _Wrapper:
    async def wrapper(
        wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        started: list[Run] = []
        token = STARTED.set(started)
        activation = activate(current_span())
        try:
            return await wrapped(*args, **kwargs)
        except BaseException as e:
            for run in started:
                runs.fail(run, e)
            raise
        finally:
            deactivate(activation)
            STARTED.reset(token)

    return wrapper


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
                for run in started:
                    runs.close_window(run)

        return wrapped(started_here)

    return wrapper


def _told_apart(our_handler: Callable[[], Any]) -> _Wrapper:
    async def wrapper(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        ours = our_handler()
        if len(instance.handlers) < 2 or ours not in instance.handlers or len(args) != 2:
            return await wrapped(*args, **kwargs)
        others = instance.copy()
        others.remove_handler(ours)
        managers: list[Any] = await others.on_llm_start(*args, **kwargs)
        serialized, prompts = args
        about = {key: value for key, value in kwargs.items() if key != "run_id"}
        for manager, prompt in zip(managers, prompts, strict=False):
            manager.handlers, manager.inheritable_handlers = instance.handlers, instance.inheritable_handlers
            ours.on_llm_start(
                serialized,
                [prompt],
                run_id=manager.run_id,
                parent_run_id=instance.parent_run_id,
                tags=instance.tags,
                metadata=instance.metadata,
                **about,
            )
        return managers

    return wrapper
