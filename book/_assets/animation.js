// Plays the frames of an animation when the reader asks for it, and lets the reader step through them.
(function () {
  "use strict";

  function prepare(figure) {
    const picture = figure.querySelector("img");
    const button = figure.querySelector("button");
    const slider = figure.querySelector("input");
    const frames = JSON.parse(figure.querySelector("script").textContent);
    const interval = 1000 * Number(figure.dataset.frameSeconds);
    let timer = null;

    function show(index) {
      slider.value = index;
      slider.setAttribute("aria-valuetext", index + 1 + " of " + frames.length);
      picture.src = frames[index];
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      button.textContent = "Play";
    }

    button.addEventListener("click", function () {
      if (timer !== null) {
        stop();
        return;
      }
      button.textContent = "Pause";
      timer = setInterval(function () {
        show((Number(slider.value) + 1) % frames.length);
      }, interval);
    });
    slider.addEventListener("input", function () {
      stop();
      show(Number(slider.value));
    });
    show(0);
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll(".animation-figure").forEach(prepare);
  });
})();
