// The dW player: two runs of the reader's choice side by side, square by square. Frames lie beside the page as strips
// of pictures (strips.py). A moment is shown when both sides have its frame, and both are drawn in one go, so that the
// two are never at different moments.
"use strict";

const GAP = 1; // pixels between squares, in the gray of the videos
const BORDER = "#404040";
const MARK = "#ff8c00";
const SAME = 1e-9; // epochs; moments that are closer are one

/** A run as its pack describes it, and those of its strips that are needed now. */
class PlayedRun {
  constructor(data) {
    Object.assign(this, data);
    this.pictures = new Map();
    this.squares = data.layers.flatMap((layer, index) =>
      Array.from({ length: layer.units }, (_, unit) => ({ layer, number: unit, name: layerName(data.layers, index, unit) })));
    // The mean over all epochs, so that squares keep their places while the epochs pass.
    const activity = this.squares.map((_, unit) => this.mean("active", unit));
    this.byIndex = this.squares.map((_, unit) => unit);
    this.byActivity = data.layers.flatMap((layer) => // each layer by itself
      this.byIndex.filter((unit) => this.squares[unit].layer === layer)
        .sort((one, other) => activity[other] - activity[one] || one - other));
  }

  /** The last frame that was drawn at `time`, in epochs, or before; -1 where there is none. */
  frameAt(time) {
    return this.moments.findLastIndex((moment) => moment.time <= time + SAME);
  }

  /** The epoch whose numbers belong to `time`: the one that is under way or has just ended, or the run's last. */
  epochAt(time) {
    return Math.min(Math.max(1, Math.ceil(time - SAME)), this.epochs);
  }

  number(key, unit, epoch) {
    return this[key][(epoch - 1) * this.squares.length + unit];
  }

  /** A unit's number in every epoch; null where it is not a number. */
  course(key, unit) {
    return Array.from({ length: this.epochs }, (_, index) => this.number(key, unit, index + 1));
  }

  mean(key, unit) {
    const known = this.course(key, unit).filter((value) => value !== null);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : 0;
  }

  /** The strip that holds a frame, once it can be drawn. The next one is called for as well. */
  async strip(frame) {
    if (frame < 0) return null;
    const index = Math.floor(frame / this.in_strip);
    for (const kept of this.pictures.keys()) { // decoded, a strip takes some ten megabytes
      if (kept < index - 1 || kept > index + 1) this.pictures.delete(kept);
    }
    if (index + 1 < this.strips.length) this.picture(index + 1).catch(() => {}); // reported when it is its turn
    return this.picture(index);
  }

  picture(index) {
    if (!this.pictures.has(index)) {
      const image = new Image();
      image.src = this.strips[index];
      this.pictures.set(index, image.decode().then(() => image, () => {
        this.pictures.delete(index);
        throw new Error(`${this.strips[index]} is missing`);
      }));
    }
    return this.pictures.get(index);
  }
}

const layerName = (layers, index, unit) => (layers.length > 1 ? `unit ${unit} of layer ${index + 1}` : `unit ${unit}`);
const percent = (share) => (share === null ? "not a number" : `${(100 * share).toFixed(2)} %`);
const level = (value) => (value === null ? "not a number" : value.toFixed(1));
const digits = (value) => (value === null ? "not a number" : value.toPrecision(4).replaceAll("-", "\u2212"));
const FLAGS = { dead: 1, inactive: 2, dark: 4 };

/** One half of the player. */
class Side {
  constructor(root) {
    this.root = root;
    this.select = root.querySelector("select");
    this.canvas = root.querySelector("canvas");
    this.pen = this.canvas.getContext("2d");
    this.state = root.querySelector(".state");
    this.which = root.querySelector(".which");
    this.list = root.querySelector("dl");
    this.chart = root.querySelector("svg");
  }

  /** Show another run from now on: the places of the squares, row by row, layer below layer. */
  take(run) {
    this.run = run;
    this.places = [];
    let top = 0;
    for (const { units, columns, width, height } of run.layers) {
      for (let place = 0; place < units; place += 1) {
        const x = GAP + place % columns * (width + GAP);
        const y = top + GAP + Math.floor(place / columns) * (height + GAP);
        this.places.push({ x, y, width, height, columns });
      }
      top += Math.ceil(units / columns) * (height + GAP) + GAP;
    }
    this.canvas.width = Math.max(1, ...run.layers.map((layer) => layer.columns * (layer.width + GAP) + GAP));
    this.canvas.height = Math.max(1, top);
  }

  /** Draw the squares of `frame` from its strip, and mark the chosen unit. */
  draw(frame, strip, order, chosen) {
    const { pen, canvas, places, run } = this;
    this.order = run[order];
    pen.fillStyle = BORDER;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (strip) {
      const start = frame % run.in_strip * run.height;
      this.order.forEach((unit, place) => {
        const { layer: { columns, across, down, top, width, height }, number } = run.squares[unit];
        pen.drawImage(strip, number % columns * across, start + top + Math.floor(number / columns) * down, width, height,
          places[place].x, places[place].y, width, height);
      });
    }
    const place = this.order.indexOf(chosen);
    if (place >= 0) {
      const { x, y, width, height } = places[place];
      pen.strokeStyle = MARK;
      pen.lineWidth = Math.max(1, 3 * canvas.width / canvas.clientWidth);
      pen.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
    }
    // Enlarged, pixels stay pixels; shrunk, none gets lost.
    canvas.style.imageRendering = canvas.clientWidth * devicePixelRatio > 1.4 * canvas.width ? "pixelated" : "auto";
    canvas.dataset.frame = frame;
  }

  /** Say what is seen at `time`, the numbers of a unit, and its course. */
  describe(frame, time, chosen) {
    const { run, canvas } = this;
    const label = frame < 0 ? (run.moments.length ? "no frame yet" : "no frames") : run.moments[frame].label;
    const over = frame >= 0 && time > Math.max(run.epochs, run.moments[frame].time) + SAME; // the other run is longer
    this.state.textContent = label + (over ? ": its last frame" : "");
    canvas.setAttribute("aria-label", `dW of ${run.squares.length} units, a square for each, ${this.state.textContent}`);
    const known = chosen < run.squares.length && run.epochs > 0;
    this.list.hidden = this.chart.parentElement.hidden = !known;
    if (!known) {
      this.which.textContent = run.epochs ? `no unit ${chosen} here` : "no epoch was completed, so there are no numbers";
      return;
    }
    const epoch = run.epochAt(time);
    this.which.textContent = `${run.squares[chosen].name}, end of epoch ${epoch}`;
    const flags = run.number("flags", chosen, epoch);
    const said = {
      active: percent(run.number("active", chosen, epoch)),
      range: `${digits(run.number("low", chosen, epoch))} to ${digits(run.number("high", chosen, epoch))}`,
      background: level(run.number("background", chosen, epoch)),
    };
    for (const [name, bit] of Object.entries(FLAGS)) said[name] = flags & bit ? "yes" : "no";
    for (const [name, text] of Object.entries(said)) this.list.querySelector(`[data-number=${name}]`).textContent = text;
    this.drawCourse(chosen, epoch);
  }

  /** The unit over all epochs: two curves, and bars where it is dark or inactive. */
  drawCourse(unit, epoch) {
    const { run } = this;
    const [width, height] = [300, 44]; // of the curves; the bars are below them
    const x = (at) => (run.epochs > 1 ? width * (at - 1) / (run.epochs - 1) : width / 2);
    const curve = (key, full) => {
      let drawing = "", pen = "M";
      run.course(key, unit).forEach((value, index) => {
        if (value !== null) drawing += `${pen}${x(index + 1).toFixed(1)},${(height - 40 * value / full).toFixed(1)}`;
        pen = value === null ? "M" : "L";
      });
      return `<path class="${key}" d="${drawing}"/>`;
    };
    const bar = Math.max(1, width / run.epochs);
    const bars = (name, top) => run.course("flags", unit).map((flags, index) => (flags & FLAGS[name]
      ? `<rect class="${name}" x="${(x(index + 1) - bar / 2).toFixed(1)}" y="${top}" width="${bar.toFixed(1)}" height="5"/>` : "")).join("");
    this.chart.innerHTML = bars("dark", 47) + bars("inactive", 53) + curve("background", 255) + curve("active", 1) +
      `<path class="now" d="M${x(epoch)},0V58"/>`;
    const epochs = (name) => run.course("flags", unit).filter((flags) => flags & FLAGS[name]).length;
    this.chart.setAttribute("aria-label", `${run.squares[unit].name} over ${run.epochs} epochs: active for ` +
      `${percent(run.number("active", unit, 1))} of the test images after the first and ` +
      `${percent(run.number("active", unit, run.epochs))} after the last; ` +
      `dark after ${epochs("dark")} of them, inactive after ${epochs("inactive")}, dead after ${epochs("dead")}`);
  }

  /** The unit whose square is at a point of the screen, or -1. */
  unitAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * this.canvas.width / box.width;
    const y = (event.clientY - box.top) * this.canvas.height / box.height;
    const place = this.places.findIndex((square) =>
      x >= square.x && x < square.x + square.width && y >= square.y && y < square.y + square.height);
    return place < 0 ? -1 : this.order[place];
  }

  /** The unit whose square is so many squares to the right of a unit's, and so many rows below it. */
  neighbour(unit, right, down) {
    const place = this.order.indexOf(unit);
    if (place < 0) return this.order[0];
    return this.order[place + right + down * this.places[place].columns] ?? unit;
  }
}

class Player {
  constructor(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    this.root = root;
    this.packs = data.runs;
    this.runs = new Map();
    this.framesPerSecond = data.framesPerSecond;
    this.sides = [...root.querySelectorAll(".side")].map((side) => new Side(side));
    for (const name of ["play", "slider", "speed", "order", "unit"]) this[name] = root.querySelector(`[name=${name}]`);
    this.moment = root.querySelector("output");
    this.message = root.querySelector("[role=alert]");
    this.wanted = 0; // the moment that is asked for, and the one that is seen, as places in `times`
    this.shown = -1;
    this.times = [];
    this.listen();
    this.load();
  }

  listen() {
    for (const side of this.sides) {
      side.select.addEventListener("change", () => this.load());
      const point = (event) => this.ready && this.choose(side.unitAt(event));
      side.canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
      side.canvas.addEventListener("pointerdown", point);
    }
    this.play.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    for (const button of this.root.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.go(this.wanted + Number(button.dataset.step)));
    }
    this.order.addEventListener("change", () => this.draw());
    this.unit.addEventListener("input", () => this.draw());
    this.root.addEventListener("keydown", (event) => this.key(event));
    for (const button of document.querySelectorAll("button[data-left]")) {
      button.addEventListener("click", () => this.pair(button.dataset.left, button.dataset.right));
    }
    addEventListener("resize", () => this.draw());
  }

  /** Arrow keys go from frame to frame, and with shift from square to square. */
  key(event) {
    if (event.target.matches("select, input[type=number]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (event.shiftKey && (right || down) && this.ready) {
      const side = this.sides.find(({ canvas }) => canvas === event.target) ?? this.sides[0];
      this.choose(side.neighbour(Number(this.unit.value), right, down));
    } else if (right) this.go(this.wanted + right);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.last);
    else if (event.key === " " && event.target.matches("canvas")) this.play.click();
    else return;
    event.preventDefault();
  }

  /** Bring two runs into the player, and the player into view. */
  pair(left, right) {
    this.sides[0].select.value = left;
    if (right) this.sides[1].select.value = right;
    this.load();
    this.root.scrollIntoView();
    this.play.focus({ preventScroll: true });
  }

  /** Load the two runs that are selected, and show them at the moment that was seen before, as far as they have it. */
  async load() {
    this.stop();
    this.ready = false;
    this.root.setAttribute("aria-busy", "true");
    this.message.textContent = "";
    const turn = this.turn = {};
    const before = this.times[this.wanted] ?? 0;
    try {
      const runs = await Promise.all(this.sides.map(({ select }) => this.run(select.value)));
      if (turn !== this.turn) return; // another choice was made in the meantime
      this.sides.forEach((side, index) => side.take(runs[index]));
    } catch (error) {
      if (turn === this.turn) this.fail(error);
      return;
    }
    const times = this.sides.flatMap(({ run }) => run.moments.map((moment) => moment.time)).sort((one, other) => one - other);
    this.times = times.filter((time, index) => !index || time - times[index - 1] > SAME);
    this.last = Math.max(0, this.times.length - 1);
    this.slider.max = this.last;
    this.unit.max = Math.max(0, ...this.sides.map(({ run }) => run.squares.length - 1));
    if (Number(this.unit.value) > Number(this.unit.max)) this.unit.value = this.unit.max;
    this.ready = true;
    this.shown = -1;
    await this.show(this.times.findLastIndex((time) => time <= before + SAME));
    if (turn === this.turn) this.root.setAttribute("aria-busy", "false");
  }

  run(name) {
    if (!this.runs.has(name)) {
      this.runs.set(name, unpack(this.packs[name]).then((text) => new PlayedRun(JSON.parse(text))));
      this.runs.get(name).catch(() => this.runs.delete(name));
    }
    return this.runs.get(name);
  }

  fail(error) {
    this.stop();
    this.message.textContent = `This cannot be shown: ${error.message}.`;
  }

  /** A wish of the reader: it ends the playing. */
  go(index) {
    this.stop();
    return this.show(index);
  }

  /** Show a moment on both sides. Wishes that come while a strip is being loaded replace each other. */
  show(index) {
    this.wanted = Math.max(0, Math.min(index, this.last ?? 0));
    if (!this.busy) this.showing = this.catchUp();
    return this.showing;
  }

  async catchUp() {
    this.busy = true;
    try {
      while (this.ready && this.shown !== this.wanted) {
        const [wanted, turn] = [this.wanted, this.turn];
        const frames = this.sides.map(({ run }) => run.frameAt(this.times[wanted] ?? 0));
        const strips = await Promise.all(this.sides.map(({ run }, index) => run.strip(frames[index])));
        if (turn !== this.turn) continue; // meanwhile they are other runs
        [this.frames, this.strips, this.shown] = [frames, strips, wanted];
        this.draw();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  /** Draw both sides. Nothing waits in here. */
  draw() {
    if (!this.ready || this.shown < 0) return;
    const unit = Number(this.unit.value);
    const time = this.times[this.shown] ?? 0;
    this.sides.forEach((side, index) => {
      side.draw(this.frames[index], this.strips[index], this.order.value, unit);
      side.describe(this.frames[index], time, unit);
    });
    const label = this.sides.flatMap(({ run }) => run.moments).find((moment) => Math.abs(moment.time - time) <= SAME)?.label ?? "no frames";
    this.slider.value = this.shown;
    this.slider.setAttribute("aria-valuetext", label);
    this.moment.textContent = label;
    this.root.dataset.moment = this.shown;
  }

  choose(unit) {
    if (!(unit >= 0) || unit === Number(this.unit.value)) return;
    this.unit.value = unit;
    this.draw();
  }

  /** Play to the end, or from the start where the end is seen. One clock for both sides: the browser's own. */
  start() {
    if (!this.ready) return;
    this.playing = true;
    this.play.textContent = "Pause";
    this.live("off"); // ten epochs a second cannot be read out
    let due = performance.now();
    if (this.shown >= this.last) this.show(0);
    const tick = (now) => {
      if (!this.playing) return;
      if (now >= due && !this.busy) {
        if (this.shown >= this.last) return this.stop();
        // No frame is left out: what takes too long is seen later.
        const pause = 1000 / (this.framesPerSecond * Number(this.speed.value));
        due = Math.max(due + pause, now);
        this.show(this.shown + 1);
      }
      this.timer = requestAnimationFrame(tick);
    };
    due += 1000 / (this.framesPerSecond * Number(this.speed.value));
    this.timer = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.timer);
    this.playing = false;
    this.play.textContent = "Play";
    this.live("polite");
  }

  /** Whether changes are read out. */
  live(how) {
    for (const element of this.root.querySelectorAll("[aria-live]")) element.setAttribute("aria-live", how);
  }
}

for (const root of document.querySelectorAll(".player")) {
  root.hidden = false;
  whenNear(root, () => new Player(root));
}
