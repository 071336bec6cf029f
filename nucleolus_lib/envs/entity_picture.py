"""A picture of any world from its entities.

Entities with the features ``x`` and ``y`` are drawn where they are, y downwards; a world without
places is drawn as a table of its entities' features. Drawn without a display.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleolus_lib.envs.spec import Spec

MARKERS = "osD^vP*X"
"""One marker per kind of entity, in order of first appearance."""


def entity_picture(spec: Spec, entities: NDArray[np.float32], title: str = "") -> NDArray[np.uint8]:
    """An RGB image (height, width, 3) of the entities (E, G) of one world."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8, 4.8), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title or spec.name)
    if {"x", "y"} <= set(spec.entity_features):
        _draw_places(axes, spec, entities)
    else:
        _draw_table(axes, spec, entities)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.array(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]


def _draw_places(axes: Any, spec: Spec, entities: NDArray[np.float32]) -> None:
    x, y = (entities[:, spec.entity_features.index(name)] for name in ("x", "y"))
    kinds = list(dict.fromkeys(entity.kind for entity in spec.entities))
    for number, kind in enumerate(kinds):
        chosen = [e for e, entity in enumerate(spec.entities) if entity.kind == kind]
        # Agents come first and are drawn last and smaller, so that one on a fire hides neither.
        axes.scatter(
            x[chosen],
            y[chosen],
            s=60 if kind == "agent" else 260,
            marker=MARKERS[number % len(MARKERS)],
            label=kind,
            zorder=3 if kind == "agent" else 2,
        )
    axes.invert_yaxis()
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.1)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.05), ncols=2, frameon=False)


def _draw_table(axes: Any, spec: Spec, entities: NDArray[np.float32]) -> None:
    axes.axis("off")
    axes.table(
        cellText=[[f"{value:g}" for value in row] for row in entities],
        rowLabels=[entity.name for entity in spec.entities],
        colLabels=list(spec.entity_features),
        loc="center",
        colWidths=[0.7 / len(spec.entity_features)] * len(spec.entity_features),
    )
