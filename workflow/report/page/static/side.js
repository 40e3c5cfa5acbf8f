// One side of the dW player: the squares of a run's units at one time, and the numbers of the chosen unit.
"use strict";

const GAP = 1; // pixels between squares, gray as in the videos
const BORDER = "#404040";
const MARK = "#ff8c00";

const percent = (share) => (share === null ? "not a number" : `${(100 * share).toFixed(2)} %`);
const oneDecimal = (value) => (value === null ? "not a number" : value.toFixed(1));
const fourDigits = (value) => (value === null ? "not a number" : value.toPrecision(4).replaceAll("-", "\u2212"));

class Side {
  constructor(root) {
    this.select = root.querySelector("select");
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.state = root.querySelector(".state");
    this.which = root.querySelector(".which");
    this.numbers = root.querySelector("dl");
    this.chart = root.querySelector("svg");
  }

  /** Show another run from now on: lay out its squares, row by row and layer below layer. */
  setRun(run) {
    this.run = run;
    this.squares = [];
    let top = 0;
    for (const { units, columns, width, height } of run.layers) {
      for (let index = 0; index < units; index += 1) {
        const x = GAP + index % columns * (width + GAP);
        const y = top + GAP + Math.floor(index / columns) * (height + GAP);
        this.squares.push({ x, y, width, height, columns });
      }
      top += Math.ceil(units / columns) * (height + GAP) + GAP;
    }
    this.canvas.width = Math.max(1, ...run.layers.map((layer) => layer.columns * (layer.width + GAP) + GAP));
    this.canvas.height = Math.max(1, top);
  }

  /** Draw the squares of `frame` from its sprite, and mark the chosen unit. `order` is `byIndex` or `byActivity`. */
  draw(frame, sprite, order, chosen) {
    const { context, canvas, squares, run } = this;
    this.order = run[order];
    context.fillStyle = BORDER;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (sprite) {
      const frameTop = frame % run.in_strip * run.height;
      this.order.forEach((unit, place) => {
        const { layer: { columns, across, down, top, width, height }, index } = run.units[unit];
        const { x, y } = squares[place];
        context.drawImage(sprite, index % columns * across, frameTop + top + Math.floor(index / columns) * down,
          width, height, x, y, width, height);
      });
    }
    const marked = squares[this.order.indexOf(chosen)];
    if (marked) {
      context.strokeStyle = MARK;
      context.lineWidth = Math.max(1, 3 * canvas.width / canvas.clientWidth);
      context.strokeRect(marked.x - 0.5, marked.y - 0.5, marked.width + 1, marked.height + 1);
    }
    // Keep pixels sharp when enlarged; average them when shrunk, so that none gets lost.
    canvas.style.imageRendering = canvas.clientWidth * devicePixelRatio > 1.4 * canvas.width ? "pixelated" : "auto";
    canvas.dataset.frame = frame;
  }

  /** Say which frame is shown at `time` (in epochs), and the numbers and the history of the chosen unit. */
  describe(frame, time, chosen) {
    const { run, canvas } = this;
    const label = frame < 0 ? (run.frames.length ? "no frame yet" : "no frames") : run.frames[frame].label;
    const ended = frame >= 0 && time > Math.max(run.epochs, run.frames[frame].time) + EPSILON; // the other run is longer
    this.state.textContent = label + (ended ? ": its last frame" : "");
    canvas.setAttribute("aria-label", `dW of ${run.units.length} units, a square for each, ${this.state.textContent}`);
    const known = chosen < run.units.length && run.epochs > 0;
    this.numbers.hidden = this.chart.parentElement.hidden = !known;
    if (!known) {
      this.which.textContent = run.epochs ? `no unit ${chosen} here` : "no epoch was completed, so there are no numbers";
      return;
    }
    const epoch = run.epochAt(time);
    const value = (column) => run.value(column, chosen, epoch);
    this.which.textContent = `${run.units[chosen].name}, end of epoch ${epoch}`;
    const numbers = {
      active: percent(value("active")),
      range: `${fourDigits(value("low"))} to ${fourDigits(value("high"))}`,
      background: oneDecimal(value("background")),
    };
    for (const [name, bit] of Object.entries(FLAGS)) numbers[name] = value("flags") & bit ? "yes" : "no";
    for (const [name, text] of Object.entries(numbers)) {
      this.numbers.querySelector(`[data-number=${name}]`).textContent = text;
    }
    this.drawHistory(chosen, epoch);
  }

  /** Draw a unit's history: two curves over the epochs, and below them bars for those in which it is black or inactive. */
  drawHistory(unit, epoch) {
    const { run } = this;
    const [width, height] = [300, 44]; // of the curves
    const x = (at) => (run.epochs > 1 ? width * (at - 1) / (run.epochs - 1) : width / 2);
    const curve = (column, max) => {
      let path = "", command = "M";
      run.history(column, unit).forEach((value, index) => {
        if (value !== null) path += `${command}${x(index + 1).toFixed(1)},${(height - 40 * value / max).toFixed(1)}`;
        command = value === null ? "M" : "L";
      });
      return `<path class="${column}" d="${path}"/>`;
    };
    const epochsWith = (name) => run.history("flags", unit).flatMap((flags, index) => (flags & FLAGS[name] ? [index + 1] : []));
    const bar = Math.max(1, width / run.epochs);
    const bars = (name, y) => epochsWith(name).map((at) =>
      `<rect class="${name}" x="${(x(at) - bar / 2).toFixed(1)}" y="${y}" width="${bar.toFixed(1)}" height="5"/>`).join("");
    this.chart.innerHTML = bars("dark", 47) + bars("inactive", 53) + curve("background", 255) + curve("active", 1) +
      `<path class="now" d="M${x(epoch)},0V58"/>`;
    this.chart.setAttribute("aria-label", `${run.units[unit].name} over ${run.epochs} epochs: active for ` +
      `${percent(run.value("active", unit, 1))} of the test images after the first and ` +
      `${percent(run.value("active", unit, run.epochs))} after the last; a black square after ` +
      `${epochsWith("dark").length} of them, inactive after ${epochsWith("inactive").length}, dead after ${epochsWith("dead").length}`);
  }

  /** The unit whose square is at a point of the screen, or -1. */
  unitAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * this.canvas.width / box.width;
    const y = (event.clientY - box.top) * this.canvas.height / box.height;
    const place = this.squares.findIndex((square) =>
      x >= square.x && x < square.x + square.width && y >= square.y && y < square.y + square.height);
    return this.order?.[place] ?? -1;
  }

  /** The unit whose square is `right` columns and `down` rows away from a unit's. */
  neighbor(unit, right, down) {
    const place = this.order.indexOf(unit);
    if (place < 0) return this.order[0];
    return this.order[place + right + down * this.squares[place].columns] ?? unit;
  }
}
