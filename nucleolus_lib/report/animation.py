"""Animations that the reader starts, stops and steps through, without a network.

The frames are pictures inside the page; ``book/_assets/animation.js`` shows them one after the
other. Nothing moves before the reader presses play. The same frames are kept as one animated WebP
file.
"""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nucleolus_lib.report.errors import ArtifactTypeError

if TYPE_CHECKING:
    from PIL.Image import Image

EXPECTED_FRAMES = (
    "a matplotlib Animation, or a list of matplotlib figures, PIL images or (height, width, 3) uint8 arrays"
)


def frames_of(source: Any) -> list[Image]:
    """The frames as pictures.

    Parameters
    ----------
    source
        A ``matplotlib.animation.Animation``, or a sequence of matplotlib figures, PIL images or uint8
        arrays of shape (height, width, 3).
    """
    from matplotlib.animation import Animation, PillowWriter

    if isinstance(source, Animation):
        grabbed: list[Image] = []

        class Grabber(PillowWriter):
            """Keeps the frames instead of writing them to a file."""

            def finish(self) -> None:
                grabbed.extend(frame.convert("RGB") for frame in self._frames)  # type: ignore[attr-defined]

        source.save("frames", writer=Grabber(fps=1))
        return grabbed
    if not isinstance(source, Sequence) or not len(source):
        raise ArtifactTypeError(f"animation() publishes {EXPECTED_FRAMES}; got {type(source).__name__}")
    return [_picture(frame) for frame in source]


def png_of(frame: Image) -> bytes:
    """One frame as PNG."""
    buffer = io.BytesIO()
    frame.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def webp_of(frames: Sequence[Image], frame_seconds: float) -> bytes:
    """All frames as one animated WebP file that repeats."""
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        format="WEBP",
        save_all=True,
        append_images=list(frames[1:]),
        duration=round(1000 * frame_seconds),
        loop=0,
        lossless=True,
    )
    return buffer.getvalue()


def animation_html(name: str, frames: Sequence[Image], alt: str, frame_seconds: float) -> str:
    """The animation as a piece of a page: first frame, play button, slider."""
    pictures = ["data:image/png;base64," + base64.b64encode(png_of(frame)).decode("ascii") for frame in frames]
    width, height = frames[0].size
    label = html.escape(alt, quote=True)
    return (
        f'<div class="animation-figure" id="animation-{name}" data-frame-seconds="{frame_seconds:g}">'
        f'<img src="{pictures[0]}" alt="{label}" width="{width}" height="{height}">'
        '<div class="animation-controls"><button type="button" class="animation-play">Play</button>'
        f'<input type="range" class="animation-frame" min="0" max="{len(frames) - 1}" value="0" aria-label="Frame">'
        "</div>"
        f'<script type="application/json">{json.dumps(pictures)}</script></div>'
    )


def _picture(frame: Any) -> Image:
    from matplotlib.figure import Figure
    from PIL import Image as pillow

    if isinstance(frame, pillow.Image):
        return frame.convert("RGB")
    if isinstance(frame, Figure):
        buffer = io.BytesIO()
        frame.savefig(buffer, format="png", metadata={"Software": None})
        return pillow.open(buffer).convert("RGB")
    array = np.asarray(frame)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ArtifactTypeError(f"animation() publishes {EXPECTED_FRAMES}; got a frame of type {type(frame).__name__}")
    return pillow.fromarray(array)
