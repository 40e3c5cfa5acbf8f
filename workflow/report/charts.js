// The charts: what the static figures show, with values on hovering. Drawn by plotly.js, which comes packed.
"use strict";

let library = null;
const darkScheme = matchMedia("(prefers-color-scheme: dark)");

/** Load plotly.js, once. */
function plotly() {
  library ??= unpack("plotly")
    .then((text) => script(URL.createObjectURL(new Blob([text], { type: "text/javascript" }))));
  return library;
}

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.place = figure.querySelector(".live");
    for (const input of figure.querySelectorAll("input")) input.addEventListener("change", () => this.draw());
    darkScheme.addEventListener("change", () => this.draw());
    this.place.addEventListener("keydown", (event) => this.key(event));
    this.load();
  }

  async load() {
    const [series] = await Promise.all([unpack(this.figure.dataset.chart).then(JSON.parse), plotly()]);
    this.series = series;
    this.figure.classList.add("is-live");
    await this.draw();
    this.place.on("plotly_hover", ({ points }) => { this.epoch = points[0].x; });
    this.figure.dataset.drawn = "yes";
  }

  chosen(name) {
    return this.figure.querySelector(`input[name^=${name}]:checked`)?.value;
  }

  draw() {
    if (!this.series) return null;
    const accuracy = this.chosen("accuracy");
    const band = this.chosen("show") === "band";
    const narrow = this.place.clientWidth < 600;
    const ink = getComputedStyle(this.figure).color;
    const traces = this.series.flatMap((one) => {
      const color = one[darkScheme.matches ? "dark" : "light"] ?? ink;
      const dash = one.light === null ? "dash" : "solid";
      const look = { mode: "lines", name: one.label, legendgroup: one.label, line: { color, dash, width: 1.8 } };
      return [[accuracy, "y", "%{y:.2%}", "%{customdata[0]:.2%} to %{customdata[1]:.2%}"],
        ["dead_units", "y2", "%{y:,.2~f} dead", "%{customdata[0]} to %{customdata[1]}"]].flatMap(([key, axis, value, range]) =>
        (band ? bandOf(one.seeds, key, narrow ? value : `${value} (${range})`) : curvesOf(one.seeds, key, value))
          .map((trace, index) => ({
            ...look, ...trace, yaxis: axis, showlegend: axis === "y" && index === 0,
            ...(trace.fill || trace.edge ? { line: { width: 0, color }, fillcolor: faded(color) } : {}),
          })));
    });
    const epochs = this.series[0].seeds[0].epoch;
    const axis = { gridcolor: "#8884", zeroline: false, fixedrange: true, automargin: true };
    const layout = {
      height: 560,
      margin: { l: 70, r: 10, t: 10, b: 10 },
      paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: ink, size: 13 },
      legend: { orientation: "h", yanchor: "bottom", y: 1.02, x: 0 },
      // With many curves at one epoch, only that below the pointer has its value shown.
      hovermode: band || this.series[0].seeds.length === 1 ? "x unified" : "closest",
      hoversubplots: "axis",
      hoverlabel: { bgcolor: darkScheme.matches ? "#222" : "#fff", font: { color: ink } },
      dragmode: false,
      xaxis: { ...axis, title: { text: "epoch" }, anchor: "y2", range: [0.5, epochs.at(-1) + 0.5], unifiedhovertitle: { text: "epoch %{x}" } },
      yaxis: { ...axis, title: { text: "test accuracy", standoff: 10 }, domain: [0.4, 1], tickformat: ".1%" },
      yaxis2: { ...axis, title: { text: "dead units", standoff: 10 }, domain: [0, 0.33], rangemode: "tozero" },
    };
    return Plotly.react(this.place, traces, layout, { displayModeBar: false, responsive: true });
  }

  /** The arrow keys show the values of the epoch before or after. */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.series) return;
    event.preventDefault();
    const last = this.series[0].seeds[0].epoch.at(-1);
    this.epoch = Math.min(last, Math.max(1, (this.epoch ?? 0) + step));
    const points = this.place.data.flatMap((trace, curveNumber) =>
      (trace.hoverinfo === "skip" || trace.yaxis === "y2" ? [] : [{ curveNumber, pointNumber: this.epoch - 1 }]));
    Plotly.Fx.hover(this.place, points, ["xy"]);
  }
}

/** A curve for each seed. */
function curvesOf(seeds, key, value) {
  return seeds.map((one) => ({
    x: one.epoch, y: one[key],
    hovertemplate: seeds.length > 1 ? `%{fullData.name}, seed ${one.seed}, epoch %{x}: ${value}<extra></extra>` : value,
  }));
}

/** The mean over the seeds, and a band from the lowest to the highest. */
function bandOf(seeds, key, hovertemplate) {
  const columns = seeds[0].epoch.map((_, index) => seeds.map((one) => one[key][index]));
  // Where one seed has no number, neither the mean nor the band has one.
  const each = (of) => columns.map((values) => (values.includes(null) ? null : of(values)));
  const x = seeds[0].epoch;
  const [low, high] = [each((values) => Math.min(...values)), each((values) => Math.max(...values))];
  const mean = each((values) => values.reduce((a, b) => a + b) / values.length);
  return [
    {
      x, y: mean, customdata: low.map((value, index) => [value, high[index]]),
      hovertemplate,
    },
    { x, y: low, hoverinfo: "skip", edge: true },
    { x, y: high, hoverinfo: "skip", fill: "tonexty" },
  ];
}

const faded = (color) => color.replace("rgb(", "rgba(").replace(")", ", 0.15)");

for (const figure of document.querySelectorAll("figure[data-chart]")) whenNear(figure, () => new Chart(figure));
