// The interactive charts: the curves of the static figures, with values on hovering, drawn by plotly.js.
"use strict";

let plotly = null;
const darkScheme = matchMedia("(prefers-color-scheme: dark)");

/** Load plotly.js, once. */
function loadPlotly() {
  plotly ??= loadData("assets/plotly.data.js")
    .then((text) => loadScript(URL.createObjectURL(new Blob([text], { type: "text/javascript" }))));
  return plotly;
}

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.plot = figure.querySelector(".plot");
    for (const input of figure.querySelectorAll("input")) input.addEventListener("change", () => this.draw());
    darkScheme.addEventListener("change", () => this.draw());
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.load().catch((error) => { // the image stays
      figure.classList.remove("has-plot");
      showError(figure, error);
    });
  }

  async load() {
    const [text] = await Promise.all([loadData(this.figure.dataset.chart), loadPlotly()]);
    this.series = JSON.parse(text);
    this.lastEpoch = Math.max(...this.series.flatMap(({ seeds }) => seeds.map(({ epoch }) => epoch.at(-1))));
    this.figure.classList.add("has-plot");
    await this.draw();
    this.plot.on("plotly_hover", ({ points }) => { this.epoch = points[0].x; });
    this.figure.dataset.ready = "yes";
  }

  /** The value of the radio buttons whose name begins with `name`. */
  chosen(name) {
    return this.figure.querySelector(`input[name^=${name}]:checked`)?.value;
  }

  draw() {
    if (!this.series) return null;
    const band = this.chosen("show") === "band";
    const compact = this.plot.clientWidth < 600;
    const ink = getComputedStyle(this.figure).color;
    const panels = [
      [this.chosen("accuracy"), "y", "%{y:.2%}", "%{customdata[0]:.2%} to %{customdata[1]:.2%}"],
      ["dead_units", "y2", "%{y:,.2~f} dead", "%{customdata[0]} to %{customdata[1]}"],
    ];
    const traces = this.series.flatMap(({ label, dashed, light, dark, seeds }) => {
      const color = (darkScheme.matches ? dark : light) ?? ink;
      const line = { color, dash: dashed ? "dash" : "solid", width: 1.8 };
      return panels.flatMap(([key, yaxis, value, range]) =>
        (band ? meanAndBand(seeds, key, compact ? value : `${value} (${range})`, color) : seedCurves(seeds, key, value))
          .map((trace, index) => ({
            mode: "lines", name: label, legendgroup: label, line, yaxis, showlegend: yaxis === "y" && index === 0, ...trace,
          })));
    });
    const axis = { gridcolor: "#8884", zeroline: false, fixedrange: true, automargin: true };
    const layout = {
      height: 560,
      margin: { l: 70, r: 10, t: 10, b: 10 },
      paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: ink, size: 13 },
      legend: { orientation: "h", yanchor: "bottom", y: 1.02, x: 0 },
      // With many curves, only the value below the pointer is shown.
      hovermode: band || this.series[0].seeds.length === 1 ? "x unified" : "closest",
      hoversubplots: "axis",
      hoverlabel: { bgcolor: darkScheme.matches ? "#222" : "#fff", font: { color: ink } },
      dragmode: false,
      xaxis: { ...axis, title: { text: "epoch" }, anchor: "y2", range: [0.5, this.lastEpoch + 0.5], unifiedhovertitle: { text: "epoch %{x}" } },
      yaxis: { ...axis, title: { text: "test accuracy", standoff: 10 }, domain: [0.4, 1], tickformat: ".1%" },
      yaxis2: { ...axis, title: { text: "dead units", standoff: 10 }, domain: [0, 0.33], rangemode: "tozero" },
    };
    return Plotly.react(this.plot, traces, layout, { displayModeBar: false, responsive: true });
  }

  /** Left and right arrow keys show the values of the previous and the next epoch. */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.series) return;
    event.preventDefault();
    this.epoch = Math.min(this.lastEpoch, Math.max(1, (this.epoch ?? 0) + step));
    const pointNumber = this.epoch - 1;
    // A run that diverged has no values from then on.
    const points = this.plot.data.flatMap(({ hoverinfo, yaxis, y }, curveNumber) =>
      (hoverinfo === "skip" || yaxis === "y2" || y[pointNumber] == null ? [] : [{ curveNumber, pointNumber }]));
    Plotly.Fx.hover(this.plot, points, ["xy"]);
  }
}

/** A curve for each seed. */
function seedCurves(seeds, key, value) {
  return seeds.map(({ seed, epoch, [key]: y }) => ({
    x: epoch, y,
    hovertemplate: seeds.length > 1 ? `%{fullData.name}, seed ${seed}, epoch %{x}: ${value}<extra></extra>` : value,
  }));
}

/** The mean over the seeds, and a band from the lowest to the highest; a gap where any seed has no value. */
function meanAndBand(seeds, key, hovertemplate, color) {
  const x = seeds.map(({ epoch }) => epoch).reduce((a, b) => (b.length > a.length ? b : a));
  const columns = x.map((_, index) => seeds.map((seed) => seed[key][index] ?? null));
  const reduce = (reduction) => columns.map((values) => (values.includes(null) ? null : reduction(values)));
  const [low, high] = [reduce((values) => Math.min(...values)), reduce((values) => Math.max(...values))];
  const mean = reduce((values) => values.reduce((a, b) => a + b) / values.length);
  const edge = { x, hoverinfo: "skip", line: { width: 0, color } };
  return [
    { x, y: mean, customdata: low.map((value, index) => [value, high[index]]), hovertemplate },
    { ...edge, y: low },
    { ...edge, y: high, fill: "tonexty", fillcolor: color.replace("rgb(", "rgba(").replace(")", ", 0.15)") },
  ];
}

for (const figure of document.querySelectorAll("figure[data-chart]")) whenNear(figure, () => new Chart(figure));
