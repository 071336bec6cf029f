// What scrolls inside itself can be reached and scrolled by the keyboard too.
(function () {
  "use strict";

  const SCROLLING = ".pst-scrollable-table-container, pre, div.math, .output";

  function update() {
    document.querySelectorAll(SCROLLING).forEach(function (item) {
      if (item.scrollWidth > item.clientWidth + 1) {
        item.setAttribute("tabindex", "0");
      }
    });
  }

  window.addEventListener("load", function () {
    update();
    // formulas and pictures change the width of what holds them after the page has loaded
    const observer = new ResizeObserver(update);
    document.querySelectorAll(SCROLLING).forEach(function (item) {
      observer.observe(item);
      Array.from(item.children).forEach(function (child) {
        observer.observe(child);
      });
    });
  });
})();
