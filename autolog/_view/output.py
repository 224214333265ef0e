"""Traces as a notebook's output: a frame with the view, and beneath it what shows where frames are taken out."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html import escape
from typing import Any, Final
from uuid import uuid4

from autolog._model import Trace
from autolog._render.text import trace_text
from autolog._view.assets import script, style
from autolog._view.page import policy
from autolog._view.payload import Limits, Payload, payload
from autolog._view.static import static_html

__all__ = ["NOTEBOOK", "mimebundle", "output_html"]

NOTEBOOK: Final = Limits(spans=2_000, text=6_000, data=6_000, total=400_000)
"""What a notebook keeps of the traces of one output at the most: it is saved with them."""
_TIGHTER: Final = (
    NOTEBOOK,
    replace(NOTEBOOK, data=1_500),
    replace(NOTEBOOK, data=0),
    replace(NOTEBOOK, data=0, text=2_500),
    replace(NOTEBOOK, data=0, text=1_000),
    replace(NOTEBOOK, data=0, text=400),
)
_SAVED: Final = 58_000
"""Bytes that an output may add to a saved notebook, with ten spans; what goes beyond is cut shorter."""
_SAVED_A_SPAN: Final = 2_000
"""And with each span more."""
_LEAST: Final = 4_000
_COLUMNS: Final = 100
_SPANS: Final = 200

# The application, its style and the traces come compressed, which a notebook's file would not do by itself. A
# `Response` of a stream in memory asks nobody for anything.
_LOADER: Final = """(async()=>{const b=Uint8Array.from(atob(document.getElementById("p").textContent),c=>c.charCodeAt(0));\
const t=await new Response(new Blob([b]).stream().pipeThrough(new DecompressionStream("deflate"))).text();\
const [s,c,i,n]=JSON.parse(t);globalThis.autologTrace={index:i,content:n};\
const e=document.createElement("style");e.textContent=s;document.head.append(e);\
const a=document.createElement("script");a.textContent=c;document.body.append(a)})()"""

# Where a notebook is moved by its script (VS Code), the wheel does nothing over a frame, which keeps what it hears. So it
# passes on the turns that nothing in it has a use for; after one that had, only when the wheel has rested.
_WHEEL: Final = """(()=>{let used=-1e3;addEventListener("wheel",e=>{\
if(e.ctrlKey||!e.deltaY||Math.abs(e.deltaX)>Math.abs(e.deltaY))return;\
for(let n=e.target;n instanceof Element;n=n.parentElement)\
if((n===document.scrollingElement||/auto|scroll/.test(getComputedStyle(n).overflowY))\
&&(e.deltaY<0?n.scrollTop>0:n.scrollTop+n.clientHeight<n.scrollHeight-1)){used=e.timeStamp;return}\
if(e.timeStamp-used<400)used=e.timeStamp;\
else parent.postMessage({autologWheel:[e.deltaY,e.deltaMode,e.wheelDeltaY]},"*")},{passive:true})})()"""

_FRAME: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>autolog</title>'
    '<body><div id="autolog-view"></div><script type="text/plain" id="p">{packed}</script>'
    "<script>{wheel}</script><script>{loader}</script>"
)

# A frame does not see the theme of the notebook around it. Where scripts run beside it, this one tells it: light text
# stands on a dark ground. And what VS Code does not hear of the wheel, it is told here; elsewhere the browser scrolls.
_BESIDE: Final = """(()=>{const f=document.querySelector("iframe.ID");if(!f)return;const tell=()=>{\
const c=(getComputedStyle(f.parentElement).color.match(/[\\d.]+/g)||[0,0,0]).map(Number);\
f.contentWindow&&f.contentWindow.postMessage({autologTheme:c[0]+c[1]+c[2]>382?"dark":"light"},"*")};\
addEventListener("message",e=>{if(!f.contentWindow||e.source!==f.contentWindow||!e.data)return;\
if(e.data.autologTheme)tell();const w=e.data.autologWheel;\
if(w&&document.body.dataset.vscodeThemeKind)f.dispatchEvent(new WheelEvent("wheel",\
{bubbles:true,deltaY:+w[0]||0,deltaMode:+w[1]||0,wheelDeltaY:+w[2]||0}))});\
const o=new MutationObserver(()=>f.isConnected?setTimeout(tell,50):o.disconnect());\
for(const n of [document.documentElement,document.body])o.observe(n,{attributes:true});tell()})()"""

# A front end that takes out frames takes out style sheets as well: then what is beneath is seen.
_OUTPUT: Final = (
    "<style>#{id}{{display:none}}</style>"
    '<iframe class="{id}" title="autolog traces" srcdoc="{frame}" '
    'sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox" allow="clipboard-write" '
    'style="width:100%;height:{height}px;border:1px solid rgba(128,128,128,.35);border-radius:8px"></iframe>'
    '<div id="{id}">{static}</div><script>{beside}</script>'
)


def output_html(traces: Sequence[Trace]) -> str:
    """Give the output for traces, the first of them open. It may stand in any page, any number of times."""
    static = static_html(traces)
    data = _fitting(traces, beside=len(json.dumps(static)))
    packed = zlib.compress(_packed(style(), script(), data.index, data.content), 9)
    frame = _FRAME.format(
        policy=policy(_WHEEL, _LOADER, script(), styles=style()),
        packed=base64.b64encode(packed).decode(),
        wheel=_WHEEL,
        loader=_LOADER,
    )
    name = f"autolog-{uuid4().hex[:12]}"
    return _OUTPUT.format(
        id=name,
        frame=escape(frame),
        height=_height(traces),
        static=static,
        beside=_BESIDE.replace("ID", name),
    )


def _fitting(traces: Sequence[Trace], *, beside: int) -> Payload:
    """Give as much of the traces as a notebook is to be saved with, first without pictures, then with shorter texts."""
    spans = sum(len(t.spans) for t in traces)
    saved = _SAVED + _SAVED_A_SPAN * max(spans - 10, 0)
    # The tree as text is about a third of the tree in HTML. What is compressed is written in base64.
    room = max((saved - beside * 4 // 3 - _frame_size()) * 3 // 4, _LEAST)
    for limits in _TIGHTER:
        data = payload(traces, limits)
        if _compressed(data.index, data.content) <= room:
            return data
    return payload(traces, replace(_TIGHTER[-1], total=room))


@cache
def _frame_size() -> int:
    """Give what every output has besides its traces."""
    around = (_FRAME, _WHEEL, _LOADER, _BESIDE, _OUTPUT)
    return _compressed(style(), script()) * 4 // 3 + sum(map(len, around)) + 600


def _compressed(*texts: str) -> int:
    return len(zlib.compress(_packed(*texts), 6))


def _packed(*texts: str) -> bytes:
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _height(traces: Sequence[Trace]) -> int:
    spans = len(traces[0].spans) if traces else 0
    return min(max(190 + 28 * spans, 400), 560) + 62 * min(len(traces) - 1, 4)


def mimebundle(traces: Sequence[Trace], *, more: int = 0, html: bool = True) -> dict[str, Any]:
    """Give the output in the forms that a front end chooses from: HTML, or the trees as text.

    ``more`` is how many traces there are beyond these.
    """
    trees = [trace_text(t, width=_COLUMNS, max_spans=_SPANS) for t in traces]
    note = f"{more:,} more trace{'s' * (more != 1)}: autolog.search_traces() finds them." if more else ""
    bundle: dict[str, Any] = {"text/plain": "\n\n".join(filter(None, (*trees, note)))}
    if html:
        bundle["text/html"] = output_html(traces) + (f"<div>{note}</div>" if note else "")
    return bundle
