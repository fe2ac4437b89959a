"use strict";
(() => {
  const { specs, configs } = JSON.parse(document.getElementById("charts").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const views = new Map();
  let drawing = 0;

  function configFor(place, spec) {
    const config = structuredClone(configs[dark.matches ? "dark" : "light"]);
    // Long names must leave room for the plot; the table has them in full.
    // Those of variants have a line for each setting, whose end is what tells them apart.
    const hasLines = spec.layer.some(layer => layer.encoding?.y?.axis?.labelOffset < 0);
    config.axis.labelLimit = place.clientWidth >= 520 ? 220 : hasLines ? 132 : 104;
    config.axis.titleLimit = place.clientWidth * 0.7;
    return config;
  }

  async function draw(name) {
    const place = document.getElementById(`chart-${name}`);
    const options = {
      mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false,
      config: configFor(place, specs[name]), tooltip: { disableDefaultStyle: true },
    };
    try {
      views.get(name)?.finalize();
      views.set(name, await vegaEmbed(place, specs[name], options));
    } catch (error) {
      place.textContent = `This chart could not be drawn: ${error.message}`;
      console.error(error);
    }
  }

  // A change of theme while charts are drawn starts over; the earlier turn then stops.
  async function drawAll() {
    const turn = ++drawing;
    document.documentElement.dataset.charts = "drawing";
    for (const name of Object.keys(specs)) {
      await draw(name);
      if (turn !== drawing) return;
    }
    document.documentElement.dataset.charts = "drawn";
  }

  function offerDownload() {
    const link = document.getElementById("download");
    const text = document.getElementById("results").textContent;
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.hidden = false;
  }

  offerDownload();
  dark.addEventListener("change", drawAll);
  drawAll();
})();
