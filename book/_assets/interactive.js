// Draws every plotly specification of the page in the page's own colours, and again when the theme changes.
(function () {
  "use strict";

  function pageColour(name, fallback) {
    const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return value || fallback;
  }

  function themed(layout) {
    const text = pageColour("--pst-color-text-base", "#1a1a1a");
    const line = pageColour("--pst-color-border", "#767676");
    const axis = { gridcolor: line, zerolinecolor: line, linecolor: text, tickcolor: text };
    const result = Object.assign({}, layout, {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: Object.assign({ size: 14 }, layout.font, { color: text }),
      autosize: true,
    });
    delete result.width;
    for (const key of Object.keys(layout).concat(["xaxis", "yaxis"])) {
      if (/^[xy]axis\d*$/.test(key)) {
        result[key] = Object.assign({}, axis, layout[key]);
      }
    }
    return result;
  }

  function draw(figure) {
    const canvas = figure.querySelector(".interactive-figure-canvas");
    const specification = JSON.parse(figure.querySelector("script").textContent);
    const options = { displayModeBar: false, responsive: true };
    Plotly.react(canvas, specification.data, themed(specification.layout || {}), options).then(function () {
      if (specification.frames && !canvas.dataset.hasFrames) {
        canvas.dataset.hasFrames = "true";
        Plotly.addFrames(canvas, specification.frames);
      }
    });
  }

  function drawAll() {
    document.querySelectorAll(".interactive-figure").forEach(draw);
  }

  document.addEventListener("DOMContentLoaded", function () {
    drawAll();
    new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  });
})();
